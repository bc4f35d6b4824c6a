import type { CheckRule, WatchRule } from "../compile/watch-rule.ts";
import type { EventKind } from "./watch-event.ts";
import { describeDuration } from "../value/duration.ts";
import { newCheckState } from "./check-state.ts";
import { fingerprint } from "./keep-known.ts";
import { judge, type JudgeEvent } from "./judge.ts";
import { judgeAt, notNow } from "./not-now.ts";
import type { Reading } from "./reading.ts";
import type { ServiceState } from "./service-state.ts";
import { describeCheck, type StepEvent } from "./step-event.ts";

export type Step = { state: ServiceState; events: readonly StepEvent[] };

/**
 * Takes a reading of one check into the state of its service: the one way in, for the agent and for a single check. What
 * was found although it was not to be looked at (stopped, out of hours, held) is skipped. A check that the rule does not
 * have is left out.
 */
export function takeReading(
  rule: WatchRule,
  state: ServiceState,
  checkId: string,
  reading: Reading,
  now: number,
): Step {
  const check = rule.checks.find(({ id }) => id === checkId);
  if (check === undefined) return { state, events: [] };
  const before = state.checks[checkId] ?? newCheckState(now);
  const taken = notNow(check, state, now) ?? reading;
  const judged = judge(check, before, taken, judgeAt(rule, check, state, now));
  const events = judged.events.map((event) => eventOf(rule, check, event, judged.state.last!));
  const looksAt = before.looksAt ?? fingerprint(check.look);
  return {
    state: { ...state, checks: { ...state.checks, [checkId]: { ...judged.state, looksAt } } },
    events,
  };
}

/** Restarts by systemd that were counted since the last time, at the moments that are known; the newest are kept. */
export function takeCrashes(
  rule: WatchRule,
  state: ServiceState,
  moments: readonly number[],
  now: number,
): ServiceState {
  const { count, window } = rule.heal.crashes;
  const longest = Math.max(window, rule.heal.resetAfter ?? 0);
  const crashes = [...state.crashes, ...moments].filter((at) => at > now - longest && at <= now + longest);
  return { ...state, crashes: crashes.toSorted((a, b) => a - b).slice(-(count + 1)) };
}

/** The rule for one single look without memory, as by `holdfast health` where nobody watches: what is bad now is bad. */
export function askedOnce(rule: WatchRule): WatchRule {
  return { ...rule, checks: rule.checks.map((check) => ({ ...check, fails: { count: 1, of: 1 } })) };
}

const kinds: Readonly<Record<JudgeEvent["kind"], EventKind>> = {
  opened: "check-failing",
  recovered: "check-recovered",
  unknown: "check-unknown",
  flapping: "check-flapping",
  calm: "check-calm",
};

function eventOf(rule: WatchRule, check: CheckRule, event: JudgeEvent, reading: Reading): StepEvent {
  const { value, limit } = reading;
  const { severity, dependency } = check;
  const { from, since, opened } = event;
  return {
    at: event.at,
    kind: kinds[event.kind],
    check: check.id,
    says: describeEvent(rule.service, check, event, reading),
    data: { value, limit, severity, dependency, heals: mayHeal(rule, check), from, since, opened },
  };
}

/** Will something be done about it that may mend it before anybody has to be told? */
function mayHeal({ heal }: WatchRule, check: CheckRule): boolean {
  return check.heals && heal.act !== "alert-only";
}

/** "beat of bot has failed: the last heartbeat was 312 s ago, over 300 s". */
function describeEvent(service: string, check: CheckRule, event: JudgeEvent, reading: Reading): string {
  const subject = describeCheck(service, check);
  const lasted = describeDuration(Math.max(0, event.at - event.since));
  switch (event.kind) {
    case "opened":
      return `${subject} has failed: ${reading.says}`;
    case "recovered":
      return `${subject} is good again after ${lasted}: ${reading.says}`;
    case "unknown":
      return `${subject} could not be told for 10 min: ${reading.says}`;
    case "flapping":
      return `${subject} comes and goes: it has failed ${event.opened} times within an hour`;
    case "calm":
      return `${subject} is calm again: it has been good for ${lasted}`;
  }
}
