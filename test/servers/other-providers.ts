import { waitHeader, type Reply } from "./http-receiver.ts";
import { retryAfter, type Order, type Received } from "./order.ts";

type Json = Record<string, unknown>;

/** Events API v2 (developer.pagerduty.com): answers 202, and refuses what it cannot read. */
export function pagerdutyReply({ body }: Received, order: Order): Reply {
  const trouble = troubleFor(order, { status: "invalid event", message: "Event object is invalid" });
  if (trouble !== null) return trouble;
  const { routing_key: key, event_action: action, dedup_key: dedup, payload } = JSON.parse(body) as Json;
  const { summary, source, severity } = Object(payload) as Json;
  const errors = [
    ...(typeof key === "string" && key !== "" ? [] : ["'routing_key' is missing or blank"]),
    ...(["trigger", "acknowledge", "resolve"].includes(String(action)) ? [] : ["'event_action' is invalid"]),
    ...(typeof dedup === "string" && dedup.length <= 255 ? [] : ["'dedup_key' is invalid"]),
    ...(typeof summary === "string" && summary.length <= 1024 ? [] : ["'payload.summary' is invalid"]),
    ...(typeof source === "string" ? [] : ["'payload.source' is missing or blank"]),
    ...(["critical", "error", "warning", "info"].includes(String(severity))
      ? []
      : ["'payload.severity' is invalid"]),
    ...(Buffer.byteLength(body) <= 512 * 1024 ? [] : ["the event is too large"]),
  ];
  if (errors.length > 0)
    return json(400, { status: "invalid event", message: "Event object is invalid", errors });
  return json(202, { status: "success", message: "Event processed", dedup_key: dedup });
}

/** Publishing as JSON (docs.ntfy.sh): a text that is too long becomes an attachment, which is refused here. */
export function ntfyReply({ body, headers }: Received, order: Order): Reply {
  const trouble = troubleFor(order, { code: 40101, http: 401, error: "unauthorized" });
  if (trouble !== null) return trouble;
  const { topic, message, title, priority, tags } = JSON.parse(body) as Json;
  if (headers["authorization"] === undefined) return json(403, { code: 40301, error: "forbidden" });
  if (Buffer.byteLength(body) > 8192) return json(413, { code: 41301, error: "JSON too large" });
  if (typeof topic !== "string" || typeof title !== "string") return json(400, { error: "topic invalid" });
  if (typeof message !== "string" || message === "" || Buffer.byteLength(message) > 4096)
    return json(413, { code: 41301, error: "message too large" });
  if (!(Number(priority) >= 1 && Number(priority) <= 5) || !Array.isArray(tags))
    return json(400, { code: 40007, error: "priority invalid" });
  return json(200, { id: "ntfy-1", event: "message", topic, title, message });
}

/** Executing a webhook (docs.discord.com): with wait=true the message comes back. */
export function discordReply({ body, path }: Received, order: Order): Reply {
  if (order === "429")
    return json(429, { message: "You are being rate limited.", retry_after: retryAfter, global: false });
  const trouble = troubleFor(order, { message: "Invalid Webhook Token", code: 50027 });
  if (trouble !== null) return trouble;
  const { content, allowed_mentions: mentions } = JSON.parse(body) as Json;
  if (typeof content !== "string" || content === "" || content.length > 2000)
    return json(400, { message: "Invalid Form Body", code: 50035 });
  if (JSON.stringify(mentions) !== '{"parse":[]}')
    return json(400, { message: "this server lets nobody be mentioned" });
  return path.endsWith("?wait=true") ? json(200, { id: "1234567890", content }) : { status: 204, body: "" };
}

/** A server of the user's own. */
export function webhookReply({ headers }: Received, order: Order): Reply {
  const trouble = troubleFor(order, { error: "bad signature" });
  if (trouble !== null) return trouble;
  return headers["idempotency-key"] === undefined ? json(400, { error: "no key" }) : json(200, {});
}

function troubleFor(order: Order, unauthorized: object): Reply | null {
  if (order === "429" || order === "429-date")
    return json(429, { message: "too many", error: "too many" }, waitHeader(order));
  if (order === "500") return { status: 500, body: "<html>Internal Server Error</html>" };
  return order === "401" ? json(401, unauthorized) : null;
}

function json(status: number, body: object, headers: Record<string, string> = {}): Reply {
  return { status, headers, body: JSON.stringify(body) };
}
