import type { ChannelSpec } from "../spec/channel-schema.ts";
import type { Spec } from "../spec/spec.ts";
import type { ChannelSettings } from "./channel-kinds.ts";
import { programPath } from "./program-files.ts";
import type { Target } from "./target.ts";

/** A secret of a channel: the credential that the notifier gets, and the file that it comes from. */
export type ChannelSecret = { id: string; source: string; key: string };

const secretKeys = ["token", "password", "key", "webhook", "app-token"] as const;

/** Every secret of every channel, in their order. Credentials are named CHANNEL.KEY. */
export function channelSecrets(spec: Spec): (ChannelSecret & { channel: string; kind: string })[] {
  return Object.entries(spec.notify?.channels ?? {}).flatMap(([channel, declared]) =>
    Object.entries(declared).flatMap(([kind, settings]) => {
      if (typeof settings !== "object" || settings === null || Array.isArray(settings)) return [];
      return secretKeys.flatMap((key) => {
        const source = (settings as Record<string, unknown>)[key];
        return typeof source === "string"
          ? [{ id: credential(channel, key), source, key, channel, kind }]
          : [];
      });
    }),
  );
}

function credential(channel: string, key: (typeof secretKeys)[number]): string {
  return `${channel}.${key}`;
}

/** A channel as the notifier is told of it: secrets by the names of their credentials. */
export function makeSettings(
  spec: Spec,
  name: string,
  channel: ChannelSpec,
  target: Target,
): ChannelSettings {
  const { email, telegram, slack, pagerduty, ntfy, discord, webhook, command } = channel;
  const app = channel["slack-app"];
  const id = (key: (typeof secretKeys)[number]): string => credential(name, key);
  if (email)
    return {
      kind: "email",
      server: email.server,
      user: email.user ?? null,
      passwordCredential: email.password === undefined ? null : id("password"),
      from: email.from,
      to: email.to ?? [],
    };
  if (telegram)
    return {
      kind: "telegram",
      tokenCredential: id("token"),
      chat: telegram.chat ?? "",
      api: telegram.api ?? null,
    };
  if (slack)
    return {
      kind: "slack",
      webhookCredential: id("webhook"),
      tokenCredential: null,
      appTokenCredential: null,
      channel: null,
      api: slack.api ?? null,
    };
  if (app)
    return {
      kind: "slack",
      webhookCredential: null,
      tokenCredential: id("token"),
      appTokenCredential: app["app-token"] === undefined ? null : id("app-token"),
      channel: app.channel,
      api: app.api ?? null,
    };
  if (pagerduty) return { kind: "pagerduty", keyCredential: id("key"), api: pagerduty.api ?? null };
  if (ntfy)
    return {
      kind: "ntfy",
      url: ntfy.url ?? "https://ntfy.sh",
      topic: ntfy.topic,
      tokenCredential: ntfy.token === undefined ? null : id("token"),
    };
  if (discord) return { kind: "discord", webhookCredential: id("webhook"), api: discord.api ?? null };
  if (webhook)
    return { kind: "webhook", url: webhook.url, keyCredential: webhook.key === undefined ? null : id("key") };
  if (command) {
    const [program = "", ...args] = command.run;
    return {
      kind: "command",
      argv: [programPath(spec, program), ...args],
      user: target.scope === "system" ? (spec.user ?? null) : null,
      directory: spec.directory,
      timeout: command.timeout ?? 10_000,
    };
  }
  return { kind: "journal" };
}
