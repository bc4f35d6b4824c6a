import type { Scene } from "../fault.ts";
import type { Seen } from "../outcome.ts";

/** How long what is around a program is broken, in milliseconds. */
export const awhile = 2500;

/** Lets a fault last, and sees meanwhile what becomes of the unit. */
export async function lastAwhile({ watch }: Scene): Promise<void> {
  await watch.until(awhile, ({ active, sub }) => active === "failed" && sub === "failed");
}

/** The fault could not be done; with the reason. */
export const notDone = (promise: string, because: string, says: string): Seen => ({
  verdict: "not-rehearsed",
  promise,
  because,
  says,
});
