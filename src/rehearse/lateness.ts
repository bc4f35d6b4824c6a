import { monitorEventLoopDelay } from "node:perf_hooks";
import { describeDuration } from "../value/duration.ts";

/** Of a hundred timers of ours one may be so late, in milliseconds: then programs get a processor when they want one. */
const usual = 250;

/**
 * Does something, and watches how late timers of this process come meanwhile: where ours wait, so do the programs that are judged by
 * their times. `busy` is that in words; null on a machine that was not too busy.
 */
export async function watchLateness<T>(work: () => Promise<T>): Promise<{ result: T; busy: string | null }> {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  try {
    const result = await work();
    const millis = delay.percentile(99) / 1e6;
    const busy =
      millis > usual
        ? `this machine was busy, programs waited ${describeDuration(Math.round(millis))} and more for a processor: rehearse again when it is quiet`
        : null;
    return { result, busy };
  } finally {
    delay.disable();
  }
}
