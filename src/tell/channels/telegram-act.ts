import type { ChannelAct } from "../channel.ts";
import { fieldsOf, textOf, type Json } from "./json.ts";
import { plain } from "./text.ts";

export type FoundAct = {
  /** null: it comes from another chat than the one that may answer. */
  act: Omit<ChannelAct, "answer"> | null;
  /** The method of the bot, with its parameters, that shows a text to who acted. */
  reply: (text: string) => [method: string, parameters: object];
  /** Telegram shows a button as busy until it is answered. */
  waits: boolean;
};

const acts: Readonly<Record<string, ChannelAct["act"]>> = {
  ack: "acknowledge",
  mute: "mute",
  resolve: "resolve",
};

/** Reads what somebody did out of an update: a button that was pressed, or "/ack INC-…". null when it is something else. */
export function readTelegramAct(update: unknown, chat: string): FoundAct | null {
  const { callback_query: query, message } = fieldsOf(update);
  if (query !== undefined) return readButton(fieldsOf(query), chat);
  return message === undefined ? null : readCommand(fieldsOf(message), chat);
}

function readButton(query: Json, chat: string): FoundAct | null {
  const [, word = "", incident = ""] = /^(\w+):(INC-[\w-]{1,60})$/.exec(textOf(query["data"])) ?? [];
  const act = acts[word];
  if (act === undefined) return null;
  const here = isChat(fieldsOf(fieldsOf(query["message"])["chat"]), chat);
  const who = whoIs(fieldsOf(query["from"]));
  return {
    act: here && who !== null ? { act, incident, ...who } : null,
    reply: (text) => ["answerCallbackQuery", { callback_query_id: query["id"], text }],
    waits: true,
  };
}

/** "/ack INC-…", "/ack@name_of_bot INC-…", or "/ack" in reply to a message that names the incident. */
function readCommand(message: Json, chat: string): FoundAct | null {
  const [, word = "", named] =
    /^\/(\w+)(?:@\w+)?(?:\s+(INC-[\w-]{1,60}))?\s*$/.exec(textOf(message["text"])) ?? [];
  const act = acts[word];
  if (act === undefined) return null;
  const repliedTo = textOf(fieldsOf(message["reply_to_message"])["text"]);
  const incident = named ?? /\bINC-[\w-]{1,60}/.exec(repliedTo)?.[0];
  const { id } = fieldsOf(message["chat"]);
  // Who writes to the bot from elsewhere gets no answer: it would only tell that somebody is here.
  const who = whoIs(fieldsOf(message["from"]));
  if (incident === undefined || who === null || !isChat(fieldsOf(message["chat"]), chat)) return null;
  return {
    act: { act, incident, ...who },
    reply: (text) => [
      "sendMessage",
      { chat_id: id, text, reply_parameters: { message_id: message["message_id"] } },
    ],
    waits: false,
  };
}

/** A chat is given by its number, or a public one as @name. */
function isChat({ id, username }: Json, chat: string): boolean {
  return String(id) === chat || `@${textOf(username)}`.toLowerCase() === chat.toLowerCase();
}

/** The number is what Telegram vouches for; names can be chosen and changed. null: Telegram vouches for nobody. */
function whoIs(user: Json): { by: string; name: string } | null {
  const { id, username, first_name: first, last_name: last } = user;
  if (typeof id !== "number") return null;
  const full = [textOf(first), textOf(last)].filter(Boolean).join(" ");
  const name = textOf(username) === "" ? full : `@${textOf(username)}`;
  return { by: `telegram:${id}`, name: plain(name || "somebody") };
}
