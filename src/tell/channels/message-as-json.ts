import type { Message } from "../message.ts";
import { fit, longestText, plain, plainHeadline, plainLines } from "./text.ts";

/** What programs get, webhooks and commands alike: all facts, the headline, and `version`, which changes when a field does. */
export function messageAsJson(message: Message): string {
  return JSON.stringify({
    version: 1,
    ...message,
    title: fit(plain(message.title), longestText),
    headline: fit(plainHeadline(message), longestText),
    lines: fit(plainLines(message), longestText).split("\n"),
  });
}
