import type { CheckRule } from "../compile/watch-rule.ts";
import type { CheckState } from "./check-state.ts";
import type { JudgeAt } from "./judge-at.ts";
import { isOwn } from "./look-facts.ts";

const minute = 60_000;
/** What two looks may be out of order by. */
const tolerated = 2000;

/** After so long without a look nothing that was seen before goes on. Milliseconds. */
export function longestGap(rule: CheckRule, state: CheckState): number {
  const due = state.last?.dueAt === undefined || state.lastAt === null ? 0 : state.last.dueAt - state.lastAt;
  return Math.max(10 * minute, 3 * Math.max(rule.every, due));
}

/**
 * What still holds of a state at this moment. After a start, results of the run before say nothing of this one. After the
 * clock went back, or nobody looked for long (which is also how a clock that was put forward looks), the tally begins
 * anew, and silence counts from now on: neither may make a failure.
 */
export function steady(rule: CheckRule, state: CheckState, at: JudgeAt): CheckState {
  const { now, activeSince } = at;
  const { lastAt } = state;
  if (lastAt === null) return state;
  const back = now < lastAt - tolerated;
  const away = at.clockSetAt === undefined && now - lastAt > longestGap(rule, state);
  const set = at.clockSetAt != null && at.clockSetAt > lastAt && at.clockSetAt <= now;
  if (back || away || set)
    return {
      ...state,
      since: Math.min(state.since, now),
      window: [],
      okSince: null,
      unknownSince: null,
      opened: state.opened.filter((opened) => opened <= now),
      steadySince: set && !back ? at.clockSetAt! : now,
    };
  const started = isOwn(rule) && activeSince !== null && activeSince > lastAt && activeSince <= now;
  return started ? { ...state, window: [], okSince: null } : state;
}
