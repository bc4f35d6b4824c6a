import { setTimeout as pause } from "node:timers/promises";

/** Asks again and again until the answer is neither null, undefined nor false; null when the time is over. */
export async function until<T>(
  check: () => T | Promise<T>,
  timeout: number,
  interval = 5,
): Promise<Exclude<T, null | undefined | false> | null> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const answer = await check();
    if (answer !== null && answer !== undefined && answer !== false) {
      return answer as Exclude<T, null | undefined | false>;
    }
    if (performance.now() > deadline) return null;
    await pause(interval);
  }
}
