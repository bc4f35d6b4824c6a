import type { LookKind } from "../../compile/watch-rule.ts";
import type { Reading } from "../../heal/reading.ts";
import { describeDuration } from "../../value/duration.ts";
import { BrokenLink, type Link } from "../../network/broken-link.ts";
import { lookOf, reading, troubleOf, type LookOf } from "./local-probe.ts";
import type { Probe, ProbeContext } from "./probe.ts";

/** How far a look over the network has come, and when to stop. */
export type Attempt = {
  /** What is under way; a look that runs out of time says so. */
  link: Link;
  /** What is waited for, in words: "api.example.org:443 does not answer". */
  waiting: string;
  /** Fires when the time is over or the look is not wanted any more: close what is open. */
  readonly signal: AbortSignal;
  readonly context: ProbeContext;
};

/**
 * A probe that asks another program over the network. Silence is a bad result, because the check is about an answer within
 * its timeout; what only this host is to blame for (offline, no permission) is unknown.
 */
export function networkProbe<K extends LookKind>(
  kind: K,
  look: (attempt: Attempt, look: LookOf<K>) => Promise<Reading>,
): Probe {
  return async (context) => {
    const began = performance.now();
    const found = await within(context, (attempt) => look(attempt, lookOf(kind, context)));
    const kept = found.kept ?? context.kept ?? undefined;
    return { ...found, ...(kept ? { kept } : {}), took: Math.round(performance.now() - began) };
  };
}

async function within(context: ProbeContext, look: (attempt: Attempt) => Promise<Reading>): Promise<Reading> {
  const { check, signal } = context;
  if (signal.aborted) return reading("unknown", "the look was called off");
  const end = new AbortController();
  const attempt: Attempt = { link: "DNS", waiting: "no answer", signal: end.signal, context };
  let stop = (): void => {};
  const early = new Promise<Reading>((resolve) => {
    const called = (): void => resolve(reading("unknown", "the look was called off"));
    const late = (): void =>
      resolve(
        reading(
          // Without a resolver nothing is known about the other side.
          attempt.link === "DNS" && check.look.kind !== "dns" ? "unknown" : "fail",
          `${attempt.link}: ${attempt.waiting} within ${describeDuration(check.timeout)}`,
          { value: check.timeout / 1000, limit: check.timeout / 1000 },
        ),
      );
    const timer = setTimeout(late, check.timeout);
    signal.addEventListener("abort", called);
    stop = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", called);
    };
  });
  try {
    return await Promise.race([look(attempt), early]);
  } catch (error) {
    if (error instanceof BrokenLink) return reading(error.result, error.message);
    return reading("unknown", troubleOf(error));
  } finally {
    stop();
    end.abort();
  }
}
