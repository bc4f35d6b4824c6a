import { setTimeout as pause } from "node:timers/promises";
import { inspect } from "node:util";

export type WaitOptions<T> = {
  /** Milliseconds; 60 000 when not given: only what is broken waits that long, and a busy machine is not broken. */
  timeout?: number;
  interval?: number;
  /** What counts as there; any truthy value when not given. */
  accept?: (value: T) => boolean;
};

/** Asks until the answer is acceptable; an error thrown by the question counts as "not yet". */
export async function waitUntil<T>(
  description: string,
  check: () => T | Promise<T>,
  options: WaitOptions<T> = {},
): Promise<T> {
  const { timeout = 60_000, interval = 30, accept = Boolean } = options;
  const began = performance.now();
  let last: unknown;
  for (;;) {
    try {
      const value = await check();
      if (accept(value)) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    const waited = performance.now() - began;
    if (waited > timeout) {
      const seconds = (waited / 1000).toFixed(1);
      const text = `waited ${seconds} s until ${description}; the last value was ${inspect(last)}`;
      throw Object.assign(new Error(text), { name: "StillWaiting", cause: last });
    }
    await pause(interval);
  }
}
