import type { Reply } from "./http-receiver.ts";
import { waitHeader } from "./http-receiver.ts";
import { retryAfter, type Order, type Received } from "./order.ts";

type Json = Record<string, unknown>;

/** Telegram's queue of what people did: each stays until it is confirmed by an offset beyond it. */
export class TelegramUpdates {
  #updates: { update_id: number }[] = [];
  #next = 1000;
  #waiting = new Set<() => void>();

  /** Something that somebody does; gives its number. */
  push(update: Json): number {
    const id = this.#next++;
    this.#updates.push({ update_id: id, ...update });
    for (const wake of this.#waiting) wake();
    return id;
  }

  /** What is not confirmed yet. */
  get pending(): readonly unknown[] {
    return this.#updates;
  }

  /** Somebody holds a long poll. */
  get polled(): boolean {
    return this.#waiting.size > 0;
  }

  /** Waits for something as long as Telegram does, or until the client is gone. */
  async take(offset: number, limit: number, seconds: number, closed: AbortSignal): Promise<unknown[]> {
    this.#updates = this.#updates.filter(({ update_id: id }) => id >= offset);
    if (this.#updates.length === 0) await this.#something(seconds, closed);
    return this.#updates.filter(({ update_id: id }) => id >= offset).slice(0, limit);
  }

  #something(seconds: number, closed: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, seconds * 1000);
      closed.addEventListener("abort", wake, { once: true });
      this.#waiting.add(wake);
    });
  }
}

/** A Bot API: what core.telegram.org/bots/api says of these methods, with their limits. */
export async function telegramReply(
  received: Received,
  order: Order,
  { updates, token, closed }: { updates: TelegramUpdates; token: string | null; closed: AbortSignal },
): Promise<Reply> {
  const [, given, method] = /^\/bot([^/]+)\/(\w+)$/.exec(received.path) ?? [];
  if (order === "429" || order === "429-date")
    return bad(429, `Too Many Requests: retry after ${retryAfter}`, {
      headers: waitHeader(order),
      ...(order === "429" && { parameters: { retry_after: retryAfter } }),
    });
  if (order === "500") return bad(500, "Internal Server Error");
  if (order === "401" || (token !== null && given !== token)) return bad(401, `Unauthorized: bot${given}`);
  const asked = JSON.parse(received.body) as Json;
  switch (method) {
    case "getUpdates": {
      const { offset = 0, limit = 100, timeout = 0 } = asked as Record<string, number>;
      return good(await updates.take(offset, limit, timeout, closed));
    }
    case "sendMessage":
      return sendMessage(asked);
    case "answerCallbackQuery":
      return characters(asked["text"]) > 200 ? bad(400, "Bad Request: text is too long") : good(true);
    default:
      return bad(404, "Not Found");
  }
}

let lastMessage = 0;

function sendMessage({ chat_id: chat, text, parse_mode: mode, reply_markup: markup }: Json): Reply {
  if (chat === "-404") return bad(400, "Bad Request: chat not found");
  if (chat === "-1")
    return bad(400, "Bad Request: group chat was upgraded to a supergroup chat", {
      parameters: { migrate_to_chat_id: -1001 },
    });
  if (typeof text !== "string" || text === "") return bad(400, "Bad Request: message text is empty");
  if (characters(text) > 4096) return bad(400, "Bad Request: message is too long");
  if (mode !== undefined) return bad(400, "Bad Request: this server parses nothing");
  const { inline_keyboard: rows = [] } = Object(markup) as {
    inline_keyboard?: { callback_data: string }[][];
  };
  if (rows.flat().some(({ callback_data: data }) => Buffer.byteLength(data) > 64))
    return bad(400, "Bad Request: BUTTON_DATA_INVALID");
  lastMessage += 1;
  return good({ message_id: lastMessage, chat: { id: chat }, text });
}

function characters(text: unknown): number {
  return typeof text === "string" ? Array.from(text).length : 0;
}

function good(result: unknown): Reply {
  return { status: 200, body: JSON.stringify({ ok: true, result }) };
}

function bad(
  status: number,
  description: string,
  { headers = {}, parameters }: { headers?: Record<string, string>; parameters?: object } = {},
): Reply {
  return {
    status,
    headers,
    body: JSON.stringify({ ok: false, error_code: status, description, parameters }),
  };
}
