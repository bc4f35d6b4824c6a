import { createHmac } from "node:crypto";
import type { Channel } from "../channel.ts";
import { address } from "./address.ts";
import { deliveryOf } from "./answer.ts";
import { messageAsJson } from "./message-as-json.ts";
import type { Means } from "./means.ts";
import { post } from "./post.ts";
import type { ChannelSettings } from "../../compile/channel-kinds.ts";

type Settings = Extract<ChannelSettings, { kind: "webhook" }>;

/**
 * Posts the message as JSON to an address of the user's own. Whoever receives it:
 *
 * - answers with 2xx when the message is taken, 4xx when it never will be, and 5xx, or 429 with Retry-After, to get it again;
 * - drops what has come before: `Idempotency-Key` (`id` in the body) is the same for every try of a message;
 * - where a key is set, takes only what is signed with it and young: `Holdfast-Signature` is "v1=" and the HMAC-SHA256, in
 *   hexadecimal, of `Holdfast-Timestamp` (seconds since the epoch), a full stop and the body as it came, byte by byte.
 *
 *       const wanted = "v1=" + createHmac("sha256", key).update(`${timestamp}.${body}`).digest("hex");
 *       timingSafeEqual(Buffer.from(signature), Buffer.from(wanted)) && Math.abs(Date.now() / 1000 - timestamp) < 300
 */
export function webhookChannel(settings: Settings, means: Means): Channel {
  return {
    async send(message, signal) {
      const body = messageAsJson(message);
      const timestamp = String(Math.floor(means.now() / 1000));
      const headers = {
        "idempotency-key": message.id,
        "holdfast-timestamp": timestamp,
        ...(settings.keyCredential !== null && {
          "holdfast-signature": sign(means.secret(settings.keyCredential), timestamp, body),
        }),
      };
      const url = address(settings.url);
      means.hide(url.username, url.password, ...url.searchParams.values());
      const answer = await post({ url, body, headers, signal });
      return answer.result === "answered" ? deliveryOf(answer, means) : answer;
    },
  };
}

function sign(key: string, timestamp: string, body: string): string {
  return `v1=${createHmac("sha256", key).update(`${timestamp}.${body}`).digest("hex")}`;
}
