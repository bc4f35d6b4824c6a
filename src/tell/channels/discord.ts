import type { Channel } from "../channel.ts";
import { deliveryOf, waitOfSeconds } from "./answer.ts";
import { jsonOf } from "./json.ts";
import type { Means } from "./means.ts";
import { post } from "./post.ts";
import { moved, secretAddress } from "./address.ts";
import type { ChannelSettings } from "../../compile/channel-kinds.ts";
import { fit, plainText } from "./text.ts";

type Settings = Extract<ChannelSettings, { kind: "discord" }>;

const longestContent = 2000;
/** Message flags: no previews of what links lead to; no sound. */
const noPreviews = 1 << 2;
const noSound = 1 << 12;

/** Executes a webhook of a Discord channel; it can only send. Nobody is mentioned, whatever the text says. */
export function discordChannel(settings: Settings, means: Means): Channel {
  return {
    async send(message, signal) {
      const url = moved(secretAddress(means, settings.webhookCredential), settings.api);
      url.searchParams.set("wait", "true");
      const body = JSON.stringify({
        content: fit(plainText(message), longestContent, { escape: escapeMarkdown }),
        allowed_mentions: { parse: [] },
        flags: noPreviews | (message.silent ? noSound : 0),
      });
      const answer = await post({ url, body, signal });
      if (answer.result !== "answered") return answer;
      const { id, retry_after } = jsonOf(answer.text);
      return deliveryOf(answer, means, {
        providerId: typeof id === "string" ? id : null,
        after: waitOfSeconds(retry_after),
      });
    },
  };
}

/** A backslash before a mark shows the mark. Links stay as they are: a backslash within would break them. */
function escapeMarkdown(text: string): string {
  return text
    .split(/(https?:\/\/[\w.~:/?#=&%+-]+)/)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll(/[\\*_~`|<>[\]@]/g, "\\$&")))
    .join("")
    .replaceAll(/^(\s*)([#+-]|\d+(?=[.)]))/gm, escapeLineStart);
}

/** Headings and lists begin a line. A backslash before a digit would be shown, so it goes behind a number. */
function escapeLineStart(_: string, space: string, mark: string): string {
  return /\d/.test(mark) ? `${space}${mark}\\` : `${space}\\${mark}`;
}
