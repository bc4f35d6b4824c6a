import type { JobRule } from "../plan/job-rule.ts";
import type { KnownRun, RunResult, Trigger } from "../store/runs.ts";

export type GateInput = {
  rule: JobRule;
  /** Milliseconds since the epoch. */
  now: number;
  /** The latest slot that has come, ISO; null for a job without a schedule. */
  slot: string | null;
  /** The day, in the job's zone, that the slot belongs to; today when there is no slot. */
  tradingDay: string;
  trigger: Trigger;
  /** Is the trading day open? Unknown when the calendar does not reach so far. */
  day: { open: true } | { open: false; why: string } | { open: "unknown"; why: string };
  /** Runs of this job and of those it needs, for this trading day. */
  runs: readonly KnownRun[];
  paused: { until: string | null; who: string; why: string | null } | null;
  /** An operator's word that this one run may pass a closed gate. */
  override: { who: string; why: string } | null;
};

export type Decision = { run: true; reason: string } | { run: false; result: RunResult; reason: string };

/** Decides whether a job may run now. Pure: everything it looks at is in its input. */
export function decideRun(input: GateInput): Decision {
  const { rule, override } = input;
  const running = input.runs.find((run) => run.job === rule.job && run.result === "running");
  // Nobody may override this one: two copies of a job that moves money is the worst that can happen.
  if (running) return refuse("still-running", `the run that began at ${running.started} has not ended`);
  const objection = paused(input) ?? closed(input) ?? done(input) ?? late(input) ?? blocked(input);
  if (!objection)
    return { run: true, reason: input.trigger === "manual" ? "started by hand" : "its slot has come" };
  if (override)
    return { run: true, reason: `${override.who} overrides "${objection.reason}": ${override.why}` };
  return objection;
}

type Refusal = Extract<Decision, { run: false }>;

function refuse(result: RunResult, reason: string): Refusal {
  return { run: false, result, reason };
}

function paused({ paused: pause }: GateInput): Refusal | null {
  if (!pause) return null;
  return refuse(
    "paused",
    `${pause.who} paused it${pause.until === null ? "" : ` until ${pause.until}`}${pause.why === null ? "" : `: ${pause.why}`}`,
  );
}

function closed({ rule, day, tradingDay }: GateInput): Refusal | null {
  if (day.open === true) return null;
  if (day.open === false) return refuse("closed-day", `${tradingDay} is closed: ${day.why}`);
  return rule.unsure === "run"
    ? null
    : refuse("unsure", `nobody knows whether ${tradingDay} is open: ${day.why}`);
}

/** Success counts for its slot: the hourly job may run again at the next hour, the daily one not before tomorrow. */
function done({ rule, slot, tradingDay, runs }: GateInput): Refusal | null {
  if (rule.everyStart) return null;
  const before = runs.find(
    (run) =>
      run.job === rule.job &&
      run.result === "succeeded" &&
      run.slot === slot &&
      run.tradingDay === tradingDay,
  );
  return before
    ? refuse("already-done", `it succeeded for ${slot ?? tradingDay} at ${before.started}`)
    : null;
}

function late({ rule, now, slot, trigger }: GateInput): Refusal | null {
  if (slot === null || trigger === "manual" || rule.late.kind === "run") return null;
  const behind = now - Date.parse(slot);
  // systemd's own accuracy and a busy boot are no lateness.
  const grace = rule.late.kind === "refuse" ? rule.late.after : 60_000;
  if (behind <= grace) return null;
  const minutes = Math.round(behind / 60_000);
  const ask = rule.late.kind === "ask" ? "; it waits for somebody to say: holdfast run" : "";
  return refuse("too-late", `its slot ${slot} was ${minutes} min ago${ask}`);
}

/** "Needs" means: succeeded for this very trading day. Yesterday's success does not count. */
function blocked({ rule, runs, tradingDay }: GateInput): Refusal | null {
  const unmet = rule.needs.filter(
    (need) =>
      !runs.some((run) => run.job === need && run.result === "succeeded" && run.tradingDay === tradingDay),
  );
  if (unmet.length === 0) return null;
  const states = unmet.map((need) => {
    const last = runs.filter((run) => run.job === need && run.tradingDay === tradingDay).at(-1);
    return `${need} ${last ? `is ${last.result}` : "has not run"}`;
  });
  return refuse("blocked", `${states.join(", ")} for ${tradingDay}`);
}
