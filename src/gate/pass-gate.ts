import type { JobRule } from "../plan/job-rule.ts";
import type { Runs } from "../store/runs.ts";
import type { Trigger } from "../store/runs.ts";
import { decideRun, type Decision, type GateInput } from "./decide.ts";
import { openDay } from "./open-day.ts";
import { dateInZone, latestSlot, nextSlot } from "./slots.ts";

export type Start = {
  /** Milliseconds since the epoch. */
  now: number;
  /** When the timer elapsed, in milliseconds; null when nobody's timer started the job. */
  timerElapsed: number | null;
  invocation: string | null;
  boot: string;
};

const accuracy = 60_000;

/** What the gate looks at for a start, apart from what it decides. An override is left where it is. */
export function lookAtGate(rule: JobRule, start: Pick<Start, "now" | "timerElapsed">, runs: Runs): GateInput {
  const { now } = start;
  const slotMillis = latestSlot(rule.slots, now);
  const behind = slotMillis === null ? 0 : now - slotMillis;
  const trigger: Trigger = !isOfTimer(rule, start.timerElapsed, runs)
    ? "manual"
    : behind > accuracy
      ? "catch-up"
      : "timer";
  // By hand, a job runs for today, whichever slot was the last.
  const tradingDay = dateInZone(trigger === "manual" ? now : (slotMillis ?? now), rule.zone);
  const ofToday = slotMillis !== null && dateInZone(slotMillis, rule.zone) === tradingDay;
  const slot = ofToday ? slotMillis : trigger === "manual" ? onlySlotOf(rule, tradingDay, now) : null;
  const running = runs.running(rule.app, rule.job);
  const known = runs.ofDay(rule.app, tradingDay, [rule.job, ...rule.needs]);
  return {
    rule,
    now,
    slot: slot === null ? null : new Date(slot).toISOString(),
    tradingDay,
    trigger,
    day: openDay(rule, tradingDay),
    runs: running ? [...known, running] : known,
    paused: runs.paused(rule.app, rule.job, new Date(now).toISOString()),
    override: null,
  };
}

/** systemd passes a timer's last elapse on to later starts by hand, too (measured on 252); each elapse comes here once. */
function isOfTimer(rule: JobRule, elapsed: number | null, runs: Runs): boolean {
  return elapsed !== null && !runs.hasElapsed(rule.app, rule.job, new Date(elapsed).toISOString());
}

/** Before the only slot of the day, a run by hand is that slot's: the timer must not do it again. Of several, none is meant. */
function onlySlotOf(rule: JobRule, tradingDay: string, now: number): number | null {
  const first = nextSlot(rule.slots, now);
  if (first === null || dateInZone(first, rule.zone) !== tradingDay) return null;
  const second = nextSlot(rule.slots, first);
  return second !== null && dateInZone(second, rule.zone) === tradingDay ? null : first;
}

/** Decides about a start and records it, in one transaction: two starts at once cannot both be let through. */
export function passGate(rule: JobRule, start: Start, runs: Runs): Decision {
  const at = new Date(start.now).toISOString();
  return runs.exclusively(() => {
    runs.closeLost(rule.app, start.boot, at);
    const input = { ...lookAtGate(rule, start, runs), override: runs.takeOverride(rule.app, rule.job, at) };
    const decision = decideRun(input);
    runs.add({
      app: rule.app,
      job: rule.job,
      slot: input.slot,
      tradingDay: input.tradingDay,
      trigger: input.trigger,
      result: decision.run ? "running" : decision.result,
      reason: decision.reason,
      started: at,
      invocation: start.invocation,
      boot: start.boot,
    });
    return decision;
  });
}
