import type { Channel, SecretOf } from "../channel.ts";
import { bounded } from "./bounded.ts";
import { makeMeans, type Means, type Tools } from "./means.ts";
import type { ChannelSettings } from "../../compile/channel-kinds.ts";

/** Makes the channel that the settings describe. Opens no connection and reads no secret; loads nothing of other kinds. */
export async function openChannel(
  settings: ChannelSettings,
  secretOf: SecretOf,
  tools: Tools,
): Promise<Channel> {
  const means = makeMeans(secretOf, tools);
  return bounded(await load(settings, means), means);
}

async function load(settings: ChannelSettings, means: Means): Promise<Channel> {
  switch (settings.kind) {
    case "email":
      return (await import("./email.ts")).emailChannel(settings, means);
    case "telegram":
      return (await import("./telegram.ts")).telegramChannel(settings, means);
    case "slack":
      return (await import("./slack.ts")).slackChannel(settings, means);
    case "pagerduty":
      return (await import("./pagerduty.ts")).pagerdutyChannel(settings, means);
    case "ntfy":
      return (await import("./ntfy.ts")).ntfyChannel(settings, means);
    case "discord":
      return (await import("./discord.ts")).discordChannel(settings, means);
    case "webhook":
      return (await import("./webhook.ts")).webhookChannel(settings, means);
    case "command":
      return (await import("./command.ts")).commandChannel(settings, means);
    case "journal":
      return (await import("./journal.ts")).journalChannel(means);
  }
}
