import type { Channel, Delivery, Listening } from "../channel.ts";
import { Refusal, type Means } from "./means.ts";
import { plain } from "./text.ts";

/**
 * What every channel promises, whatever is in it: a delivery ends in time, nothing is thrown, and no word holds a secret. The
 * channel has to end when its signal aborts.
 */
export function bounded(channel: Channel, means: Means): Channel {
  return {
    async send(message, signal) {
      const attempt = (both: AbortSignal): Promise<Delivery> => channel.send(message, both);
      return hushed(await within(means.patience, signal, attempt).catch(failed), means);
    },
    ...(channel.listen && { listen: (listening) => listenOn(channel, listening, means) }),
  };
}

/** Gives `act` a signal that aborts after the time, or with the other signal; its reason is an Error whose message says which. */
export async function within<T>(
  time: number,
  signal: AbortSignal,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const stop = (): void => ending.abort(new Error("stopped before there was an answer"));
  const timer = setTimeout(() => ending.abort(new Error(`no answer within ${inSeconds(time)}`)), time);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await act(ending.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** Why the signal of `within` has aborted. */
export function reasonOf(signal: AbortSignal): string {
  return signal.reason instanceof Error ? signal.reason.message : "stopped";
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function inSeconds(time: number): string {
  return time < 1000 ? `${time} ms` : `${time / 1000} s`;
}

function failed(error: unknown): Delivery {
  if (error instanceof Refusal) return { result: "refused", why: error.message };
  // Ours to mend; until then another try may find what was in the way gone.
  const why = error instanceof Error ? `${error.name}: ${error.message}` : "something unexpected";
  return { result: "later", why: `the channel failed with ${why}`, after: null, ambiguous: false };
}

function hushed(delivery: Delivery, { hush }: Means): Delivery {
  if (delivery.result !== "sent") return { ...delivery, why: plain(hush(delivery.why)) };
  const { providerId } = delivery;
  return { ...delivery, providerId: providerId === null ? null : plain(hush(providerId)) };
}

async function listenOn(channel: Channel, listening: Listening, means: Means): Promise<void> {
  const onTrouble = (why: string | null): void =>
    listening.onTrouble(why === null ? null : plain(means.hush(why)));
  try {
    await channel.listen?.({ ...listening, onTrouble });
  } catch (error) {
    onTrouble(error instanceof Error ? error.message : "listening has failed");
    // Without its credential there is nothing to listen with, and nobody waits for less than the end.
    await aborted(listening.signal);
  }
}
