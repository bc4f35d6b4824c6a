import { setTimeout as pause } from "node:timers/promises";
import type { ChannelAct, Listening } from "../channel.ts";
import { deliveryOf, waitOfSeconds } from "./answer.ts";
import { fieldsOf, jsonOf, type Json } from "./json.ts";
import { within } from "./bounded.ts";
import type { Means } from "./means.ts";
import { readTelegramAct } from "./telegram-act.ts";
import type { CallTelegram } from "./telegram-call.ts";
import { fit, plain } from "./text.ts";

/** Seconds that Telegram holds an empty answer back. */
const longPoll = 25;
/** Telegram's limit for what is shown over the chat. */
const longestToast = 200;

export type TelegramBot = { chat: string; call: CallTelegram; means: Means };

/**
 * Hears what is pressed and written, by long polling, so that no address of this host has to be public. The cursor moves
 * only after an act is done: one that was cut short comes again.
 */
export async function listenOnTelegram(bot: TelegramBot, listening: Listening): Promise<void> {
  const { cursor, onTrouble, signal } = listening;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const heard = await askForUpdates(bot, cursor.read(), signal);
      for (const update of heard.updates) {
        await handle(bot, update, listening);
        const { update_id: id } = update;
        if (typeof id === "number") cursor.write(String(id + 1));
      }
      if (failures > 0) onTrouble(null);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      onTrouble(error instanceof Error ? error.message : "listening has failed");
      const rest = error instanceof Unheard ? error.after : null;
      const own = bot.means.rest * Math.min(2 ** (failures - 1), 60);
      await pause(rest ?? own, undefined, { signal }).catch(() => {});
    }
  }
}

class Unheard extends Error {
  readonly after: number | null;

  constructor(why: string, after: number | null) {
    super(why);
    this.after = after;
  }
}

async function askForUpdates(
  { call, means }: TelegramBot,
  cursor: string | null,
  signal: AbortSignal,
): Promise<{ updates: readonly Json[] }> {
  const parameters = {
    ...(cursor !== null && { offset: Number(cursor) }),
    timeout: longPoll,
    allowed_updates: ["callback_query", "message"],
  };
  // An answer that is too long to be read would come again for ever.
  const asked = { ...parameters, limit: 10 };
  const answer = await within(longPoll * 1000 + means.patience, signal, (both) =>
    call("getUpdates", asked, both),
  );
  if (answer.result !== "answered") throw new Unheard(answer.why, answer.after);
  const { result, parameters: advice } = jsonOf(answer.text);
  const { retry_after: seconds } = fieldsOf(advice);
  const delivery = deliveryOf(answer, means, { after: waitOfSeconds(seconds) });
  if (delivery.result !== "sent")
    throw new Unheard(delivery.why, delivery.result === "later" ? delivery.after : null);
  if (!Array.isArray(result)) throw new Unheard(`${answer.where} answers with something else`, null);
  return { updates: result as Json[] };
}

async function handle(
  { chat, call, means }: TelegramBot,
  update: Json,
  { onAct, signal }: Listening,
): Promise<void> {
  const found = readTelegramAct(update, chat);
  if (found === null) return;
  let answered = false;
  const answer = async (text: string): Promise<void> => {
    if (answered) return;
    answered = true;
    const [method, parameters] = found.reply(fit(plain(text), longestToast));
    // That an answer is not shown undoes nothing.
    await within(means.patience, signal, (both) => call(method, parameters, both));
  };
  if (found.act === null) return answer("This chat may not answer here.");
  const act: ChannelAct = { ...found.act, answer };
  await onAct(act);
  // Without one the button would go on waiting.
  if (!answered && found.waits) await answer("");
}
