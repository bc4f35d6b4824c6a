import type { Channel } from "../channel.ts";
import type { Message } from "../message.ts";
import { deliveryOf } from "./answer.ts";
import { Refusal, type Means } from "./means.ts";
import { post } from "./post.ts";
import { escapeSlack, slackDelivery, type CallSlack } from "./slack-api.ts";
import { below, moved, secretAddress } from "./address.ts";
import type { ChannelSettings } from "../../compile/channel-kinds.ts";
import { fit, plainText } from "./text.ts";

export type SlackSettings = Extract<ChannelSettings, { kind: "slack" }>;

const longestText = 40_000;
const longestBlock = 3000;

/**
 * Writes into a channel of Slack: by an incoming webhook, which can only send, or by a bot, whose buttons are heard by Socket
 * Mode where an app-level token is given. Slack drops no repetitions; the number of a message shows them.
 */
export function slackChannel(settings: SlackSettings, means: Means): Channel {
  const call: CallSlack = (method, credential, parameters, signal) => {
    const url = below(settings.api ?? "https://slack.com", `/api/${method}`);
    const headers = { authorization: `Bearer ${means.secret(credential)}` };
    return post({ url, body: JSON.stringify(parameters), headers, signal });
  };
  const { webhookCredential, tokenCredential, appTokenCredential, channel } = settings;
  return {
    async send(message, signal) {
      if (webhookCredential !== null) {
        const url = moved(secretAddress(means, webhookCredential), settings.api);
        const answer = await post({ url, body: JSON.stringify(textFor(message)), signal });
        return answer.result === "answered" ? deliveryOf(answer, means) : answer;
      }
      if (tokenCredential === null || channel === null)
        throw new Refusal("neither a webhook nor a token with a channel is given for Slack");
      const parameters = {
        channel,
        ...(hasButtons(settings, message) ? blocksFor(message) : textFor(message)),
      };
      const answer = await call("chat.postMessage", tokenCredential, parameters, signal);
      return answer.result === "answered" ? slackDelivery(answer, means) : answer;
    },
    ...(webhookCredential === null &&
      tokenCredential !== null &&
      appTokenCredential !== null &&
      channel !== null && {
        async listen(listening) {
          const { listenOnSlack } = await import("./slack-socket.ts");
          const bot = { channel, token: tokenCredential, appToken: appTokenCredential, call, means };
          await listenOnSlack(bot, listening);
        },
      }),
  };
}

/** Without an app-level token nobody would hear a button. */
function hasButtons({ appTokenCredential }: SlackSettings, { acknowledgeable, incident }: Message): boolean {
  return appTokenCredential !== null && acknowledgeable && incident !== null;
}

/** Not as markup; what Slack reads in every text, such as <!channel>, is escaped. */
function textFor(message: Message): object {
  return {
    text: fit(plainText(message), longestText, { escape: escapeSlack }),
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
  };
}

/** Buttons need blocks, and then the text is only what a phone shows of it. */
function blocksFor(message: Message): object {
  const text = fit(plainText(message), longestBlock, { escape: escapeSlack });
  const button = (act: string, label: string): object => ({
    type: "button",
    action_id: act,
    value: message.incident,
    text: { type: "plain_text", text: label },
  });
  return {
    ...textFor(message),
    blocks: [
      { type: "section", text: { type: "plain_text", text, emoji: false } },
      { type: "actions", elements: [button("ack", "Acknowledge"), button("mute", "Mute 1 h")] },
    ],
  };
}
