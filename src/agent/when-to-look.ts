import type { CheckRule } from "../compile/watch-rule.ts";
import type { CheckState } from "../heal/check-state.ts";
import { nextLookAt } from "../heal/due.ts";
import { longestSleep } from "./timetable.ts";
import type { Watched } from "./watched.ts";

const shortestPause = 200;

/** In how many milliseconds a check is to be looked at again. */
export function untilNextLook(of: Watched, check: CheckRule, now: number): number {
  const seen = of.state.checks[check.id];
  const at = lazily(check, seen, nextLookAt(of.rule, check, of.state, now));
  // A look that has just been made is not made again at once, whatever it says of when it is due.
  const last = seen?.lastAt ?? 0;
  const soonest = last <= now ? Math.max(at, last + shortestPause) : at;
  return Math.max(0, Math.min(soonest - now, longestSleep * 60));
}

/** What is good until a moment that is known need not be looked at before, but for what people want to see. */
function lazily({ look, every }: CheckRule, state: CheckState | undefined, at: number): number {
  if (state?.verdict !== "ok" || state.last?.result !== "ok" || state.last.dueAt === undefined) return at;
  const known =
    look.kind === "beat" || ((look.kind === "log" || look.kind === "file") && look.atMost === null);
  return known ? Math.max(at, Math.min(state.last.dueAt, state.lastAt! + Math.max(every, longestSleep))) : at;
}
