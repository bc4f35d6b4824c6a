import type { Channel } from "../channel.ts";
import type { Message } from "../message.ts";
import type { Severity } from "../../value/severity.ts";
import { address } from "./address.ts";
import { deliveryOf } from "./answer.ts";
import { jsonOf } from "./json.ts";
import type { Means } from "./means.ts";
import { post } from "./post.ts";
import type { ChannelSettings } from "../../compile/channel-kinds.ts";
import { fit, plainHeadline, plainLines } from "./text.ts";

type Settings = Extract<ChannelSettings, { kind: "ntfy" }>;

/** In bytes. A longer message becomes an attachment, and JSON twice as long is refused, so bytes are counted as in JSON. */
const longestMessage = 4096;
const longestTitle = 1024;

const priorities: Readonly<Record<Severity, number>> = { critical: 5, error: 4, warning: 3, info: 2 };
/** ntfy shows short codes as pictures (docs.ntfy.sh/emojis). */
const pictures: Readonly<Record<Severity, string>> = {
  critical: "rotating_light",
  error: "red_circle",
  warning: "warning",
  info: "information_source",
};

/** Publishes to a topic of ntfy.sh or a server of one's own. */
export function ntfyChannel(settings: Settings, means: Means): Channel {
  const { topic, tokenCredential } = settings;
  return {
    async send(message, signal) {
      const headers =
        tokenCredential === null ? {} : { authorization: `Bearer ${means.secret(tokenCredential)}` };
      const body = JSON.stringify({ topic, ...contentOf(message) });
      const url = address(settings.url);
      means.hide(url.username, url.password);
      const answer = await post({ url, body, headers, signal });
      if (answer.result !== "answered") return answer;
      const { id } = jsonOf(answer.text);
      return deliveryOf(answer, means, { providerId: typeof id === "string" ? id : null });
    },
  };
}

function contentOf(message: Message): object {
  const { kind, severity, silent } = message;
  const over = kind === "resolve" || kind === "recovered";
  const title = plainHeadline(message);
  const cutTitle = fit(title, longestTitle, { size: bytes });
  // Without a text ntfy would make one up; a title that has been cut is told whole where there is more room.
  const lines = [title === cutTitle ? "" : title, plainLines(message)].filter(Boolean).join("\n");
  return {
    title: cutTitle,
    message: fit(lines || title, longestMessage, { size: bytes }),
    priority: silent ? 1 : priorities[severity],
    tags: [over ? "white_check_mark" : pictures[severity], severity],
  };
}

function bytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}
