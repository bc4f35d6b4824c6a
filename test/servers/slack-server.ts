import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { waitHeader, type Reply } from "./http-receiver.ts";
import type { Order, Received } from "./order.ts";
import { acceptWebSocket, type ServerSocket } from "./web-socket.ts";

type Json = Record<string, unknown>;

/** Slack's side of Socket Mode: connections that apps open, and envelopes that they have to acknowledge. */
export class SlackSockets {
  #open = new Set<ServerSocket>();
  #ticket = 0;
  /** Ids of envelopes, in the order in which they were acknowledged. */
  readonly acknowledged: string[] = [];

  /** An address for one connection. */
  ticket(port: number): string {
    this.#ticket += 1;
    return `ws://127.0.0.1:${port}/slack/link/?ticket=ticket-${this.#ticket}-4f1e2d&app_id=A1`;
  }

  /** Connections made so far that still stand. */
  get size(): number {
    return this.#open.size;
  }

  /** How often an address was given. */
  get tickets(): number {
    return this.#ticket;
  }

  accept(asked: IncomingMessage, socket: Duplex): void {
    const accepted = acceptWebSocket(asked, socket, {
      onText: (text) => this.acknowledged.push((JSON.parse(text) as { envelope_id: string }).envelope_id),
      onClose: () => this.#open.delete(accepted),
    });
    this.#open.add(accepted);
    accepted.send(JSON.stringify({ type: "hello", num_connections: 1, connection_info: { app_id: "A1" } }));
  }

  /** Somebody presses a button. */
  press(id: string, payload: Json): void {
    this.#say({ envelope_id: id, type: "interactive", accepts_response_payload: false, payload });
  }

  /** Slack moves its connections now and then. */
  askToReconnect(): void {
    this.#say({ type: "disconnect", reason: "refresh_requested" });
  }

  dropAll(): void {
    for (const socket of this.#open) socket.close();
  }

  #say(envelope: Json): void {
    for (const socket of this.#open) socket.send(JSON.stringify(envelope));
  }
}

export type SlackServing = { sockets: SlackSockets; port: () => number; token: string | null };

/** The Web API and incoming webhooks: a refusal of the Web API has status 200 and says so in its text. */
export function slackReply(received: Received, order: Order, { sockets, port, token }: SlackServing): Reply {
  const [, method] = /^\/api\/([\w.]+)$/.exec(received.path) ?? [];
  if (order === "429" || order === "429-date")
    return said(429, { ok: false, error: "ratelimited" }, waitHeader(order));
  if (order === "500") return { status: 500, body: "<html>Server error</html>" };
  if (method === undefined) return webhookReply(received, order);
  const given = received.headers["authorization"];
  if (
    order === "401" ||
    (token !== null && given !== `Bearer ${token}` && method !== "apps.connections.open")
  )
    return said(200, { ok: false, error: "invalid_auth" });
  const asked = JSON.parse(received.body) as Json;
  switch (method) {
    case "apps.connections.open":
      return said(200, { ok: true, url: sockets.ticket(port()) });
    case "chat.postMessage":
    case "chat.postEphemeral": {
      if (asked["channel"] === "C404") return said(200, { ok: false, error: "channel_not_found" });
      const error = badText(asked);
      return error === null
        ? said(200, { ok: true, ts: "1732870800.000100" })
        : said(200, { ok: false, error });
    }
    default:
      return said(200, { ok: false, error: "unknown_method" });
  }
}

function webhookReply(received: Received, order: Order): Reply {
  if (order === "401") return { status: 403, body: "invalid_token" };
  const error = badText(JSON.parse(received.body) as Json);
  return error === null ? { status: 200, body: "ok" } : { status: 400, body: error };
}

function badText({ text, blocks }: Json): string | null {
  if (typeof text !== "string" || text === "") return "no_text";
  if (text.length > 40_000) return "msg_too_long";
  const sections = (blocks ?? []) as { type: string; text?: { text: string } }[];
  return sections.some((block) => (block.text?.text.length ?? 0) > 3000) ? "invalid_blocks" : null;
}

function said(status: number, body: object, headers: Record<string, string> = {}): Reply {
  return { status, headers, body: JSON.stringify(body) };
}
