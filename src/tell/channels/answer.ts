import type { Delivery } from "../channel.ts";
import { jsonOf, textOf } from "./json.ts";
import type { Means } from "./means.ts";
import type { Answer } from "./post.ts";
import { fit, plain } from "./text.ts";

const day = 86_400_000;

/** What is known beside the status: `after` better than by the header, where the provider says it in its text. */
export type Beside = { providerId?: string | null; after?: number | null };

/** What an HTTP status means for a message. */
export function deliveryOf(
  answer: Answer,
  means: Means,
  { providerId = null, after }: Beside = {},
): Delivery {
  const { status } = answer;
  if (status >= 200 && status < 300) return { result: "sent", providerId };
  const why = `${answer.where} answers with ${status}${redirection(status)}${said(answer.text, means)}`;
  if (isForGood(status)) return { result: "refused", why };
  return { result: "later", why, after: after ?? waitOf(answer.retryAfter, means.now()), ambiguous: false };
}

/** 408, 425 and 429 ask for another try; 302, 303 and 307 are temporary, such as the page of a hotel's network. */
function isForGood(status: number): boolean {
  if (status >= 300 && status < 400) return ![302, 303, 307].includes(status);
  return status >= 400 && status < 500 && ![408, 425, 429].includes(status);
}

function redirection(status: number): string {
  return status >= 300 && status < 400 ? ", a redirect, which is not followed" : "";
}

/** Milliseconds of a Retry-After header: seconds, or a date (RFC 9110, 10.2.3). No more than a day is believed. */
function waitOf(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  const wait = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(wait) ? Math.min(Math.max(Math.ceil(wait), 0), day) : null;
}

/** Seconds in a provider's JSON as milliseconds; null when it is no number. */
export function waitOfSeconds(value: unknown): number | null {
  return typeof value === "number" && value >= 0 ? Math.min(Math.ceil(value * 1000), day) : null;
}

/**
 * What the provider says is wrong, where it says it as most do. A page of HTML says nothing to anybody. Secrets go before
 * the text is cut: half a secret would not be found.
 */
function said(text: string, { hush }: Means): string {
  const json = jsonOf(text);
  const words = ["description", "error", "message"].map((key) => textOf(json[key])).find(Boolean) ?? "";
  const errors = Array.isArray(json["errors"]) ? json["errors"].map(textOf).filter(Boolean).join("; ") : "";
  const all = [words, errors].filter(Boolean).join(": ");
  return all === "" ? "" : `: ${fit(plain(hush(all)), 200)}`;
}
