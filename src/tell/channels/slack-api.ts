import type { Delivery } from "../channel.ts";
import { deliveryOf } from "./answer.ts";
import { jsonOf } from "./json.ts";
import type { Means } from "./means.ts";
import type { Answer, NoAnswer } from "./post.ts";
import { fit, plain } from "./text.ts";

/** Calls a method of the Web API with the token that a credential holds. */
export type CallSlack = (
  method: string,
  credential: string,
  parameters: object,
  signal: AbortSignal,
) => Promise<Answer | NoAnswer>;

/** Slack reads these three in every text. */
export function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Errors that pass by themselves (docs.slack.dev, chat.postMessage). All others are about the token, the channel or the text. */
const passing =
  /^(ratelimited|rate_limited|service_unavailable|internal_error|fatal_error|request_timeout|team_added_to_org)$/;

/** Slack answers with 200 also when it has not taken the message, and says why in its text. */
export function slackDelivery(answer: Answer, means: Means): Delivery {
  const { ok, error, ts } = jsonOf(answer.text);
  const delivery = deliveryOf(answer, means, { providerId: typeof ts === "string" ? ts : null });
  if (delivery.result !== "sent" || ok === true) return delivery;
  if (ok !== false || typeof error !== "string") {
    const why = `${answer.where} answers with something else than Slack does`;
    return { result: "later", why, after: null, ambiguous: true };
  }
  const why = `${answer.where} answers with ${fit(plain(means.hush(error)), 200)}`;
  if (!passing.test(error)) return { result: "refused", why };
  const { after } = { after: null, ...deliveryOf({ ...answer, status: 429 }, means) };
  return { result: "later", why, after, ambiguous: false };
}
