import { setTimeout as pause } from "node:timers/promises";
import type { Listening } from "../channel.ts";
import { jsonOf, type Json } from "./json.ts";
import { within } from "./bounded.ts";
import type { Means } from "./means.ts";
import { readSlackAct } from "./slack-act.ts";
import { escapeSlack, slackDelivery, type CallSlack } from "./slack-api.ts";
import { fit, plain } from "./text.ts";

/**
 * A connection that has died without a word looks like one on which nobody presses anything, so each is made anew after this
 * time. Slack itself asks for that every few hours.
 */
const longestConnection = 30 * 60_000;
const longestAnswer = 1000;

export type SlackBot = {
  channel: string;
  /** Names of credentials. */
  token: string;
  appToken: string;
  call: CallSlack;
  means: Means;
};

/**
 * Hears what is pressed, by Socket Mode: a WebSocket that this host opens, so that no address of it has to be public. An
 * envelope is acknowledged after its act is done. Slack keeps no place in its queue, so the cursor is not used.
 */
export async function listenOnSlack(bot: SlackBot, { onAct, onTrouble, signal }: Listening): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const url = await openConnection(bot, signal);
      await hold(url, signal, {
        onHello: () => {
          if (failures > 0) onTrouble(null);
          failures = 0;
        },
        onEnvelope: (envelope) => handle(bot, envelope, onAct, signal),
        means: bot.means,
      });
      // Asked to come again, and not at once each time.
      await pause(bot.means.rest, undefined, { signal });
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      onTrouble(error instanceof Error ? error.message : "listening has failed");
      const rest = bot.means.rest * Math.min(2 ** (failures - 1), 60);
      await pause(rest, undefined, { signal }).catch(() => {});
    }
  }
}

/** The address is good for one connection, and a secret. */
async function openConnection({ call, appToken, means }: SlackBot, signal: AbortSignal): Promise<string> {
  const answer = await within(means.patience, signal, (both) =>
    call("apps.connections.open", appToken, {}, both),
  );
  if (answer.result !== "answered") throw new Error(answer.why);
  const delivery = slackDelivery(answer, means);
  if (delivery.result !== "sent") throw new Error(delivery.why);
  const { url } = jsonOf(answer.text);
  if (typeof url !== "string" || !/^wss?:/.test(url) || !URL.canParse(url))
    throw new Error(`${answer.where} gives no address to listen at`);
  means.hide(url, new URL(url).search);
  return url;
}

type Held = {
  onHello: () => void;
  onEnvelope: (envelope: Json) => Promise<void>;
  means: Means;
};

/** Resolves when Slack asks for a new connection, or after the longest time; throws when this one breaks or an act fails. */
function hold(url: string, signal: AbortSignal, { onHello, onEnvelope, means }: Held): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    let greeted = false;
    const broken = (why: string): void => finish(() => reject(new Error(`Slack: ${why}`)));
    const patience = setTimeout(() => {
      if (!greeted) broken("the connection is not greeted");
    }, means.patience);
    const age = setTimeout(() => finish(resolve), longestConnection);
    const stop = (): void => finish(resolve);
    const finish = (settle: () => void): void => {
      clearTimeout(patience);
      clearTimeout(age);
      signal.removeEventListener("abort", stop);
      socket.close();
      settle();
    };
    signal.addEventListener("abort", stop, { once: true });
    socket.addEventListener("error", () => broken("the connection cannot be made, or broke off"));
    socket.addEventListener("close", () => broken("the connection was closed"));
    socket.addEventListener("message", ({ data }) => {
      const envelope = jsonOf(String(data));
      const { type, envelope_id: id } = envelope;
      if (type === "hello") {
        greeted = true;
        onHello();
      }
      if (type === "disconnect") finish(resolve);
      if (typeof id !== "string") return;
      onEnvelope(envelope).then(
        () => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify({ envelope_id: id })),
        (error: unknown) => broken(error instanceof Error ? error.message : "an act has failed"),
      );
    });
  });
}

async function handle(
  { channel, token, call, means }: SlackBot,
  envelope: Json,
  onAct: Listening["onAct"],
  signal: AbortSignal,
): Promise<void> {
  const found = readSlackAct(envelope);
  if (found === null) return;
  const { act, incident, user, name, place } = found;
  let answered = false;
  const answer = async (text: string): Promise<void> => {
    if (answered) return;
    answered = true;
    const shown = { channel: place, user, text: fit(plain(text), longestAnswer, { escape: escapeSlack }) };
    // That an answer is not shown undoes nothing.
    await within(means.patience, signal, (both) => call("chat.postEphemeral", token, shown, both));
  };
  if (place !== channel) return answer("This channel may not answer here.");
  await onAct({ act, incident, by: `slack:${user}`, name, answer });
}
