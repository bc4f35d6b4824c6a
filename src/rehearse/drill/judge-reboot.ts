import { slotsBetween } from "../../gate/slots.ts";
import type { JobRule } from "../../plan/job-rule.ts";
import type { Run } from "../../store/runs.ts";
import { describeDuration } from "../../value/duration.ts";
import type { Outcome } from "../outcome.ts";
import { plainOutcome } from "./drill-report.ts";

/** What was so before a restart of the machine; on record until it is judged. */
export type BeforeReboot = {
  boot: string;
  /** Services that were to start at boot, and timers that were armed. */
  services: readonly string[];
  timers: readonly string[];
  /** The newest run on record then, by its number. */
  lastRun: number;
};

export type AfterReboot = {
  /** Milliseconds since the epoch. */
  bootedAt: number;
  services: readonly { name: string; state: string; ready: boolean; readyAt: number | null }[];
  jobs: readonly {
    rule: JobRule;
    timer: { armed: boolean; enabled: boolean; next: string | null } | null;
    /** Since the machine went down, refusals and missed ones as well. */
    runs: readonly Pick<Run, "slot" | "trigger" | "result" | "started">[];
  }[];
  /** Of Holdfast's own timers, which notice missed runs and tell people: whether they are armed again. */
  own: readonly { name: string; armed: boolean }[];
  /** Of a user's own systemd; null for that of the system. */
  lingering: boolean | null;
};

const title = "the machine is restarted";
const ran = ["running", "succeeded", "failed", "timed-out", "lost"];
/** systemd's own accuracy and a busy boot are no lateness; as the gate has it. */
const usualLate = 60_000;

/** Whether all that a restart of the machine is to leave as it was is so. */
export function judgeReboot(before: BeforeReboot, after: AfterReboot): Outcome[] {
  return [
    ...after.services.map((one) => judgeService(before, after, one)),
    ...after.jobs.map((one) => judgeJob(before, one)),
    judgeHost(before, after),
  ];
}

function judgeService(
  { services }: BeforeReboot,
  { bootedAt }: AfterReboot,
  { name, state, ready, readyAt }: AfterReboot["services"][number],
): Outcome {
  const common = {
    fault: "reboot",
    title,
    service: name,
    promise: `${name} runs and is ready after a restart of the machine`,
    because: `services.${name}.enable`,
  };
  if (!services.includes(name))
    return plainOutcome({ ...common, verdict: "not-rehearsed", says: "it was not to start at boot" });
  if (!ready)
    return plainOutcome({
      ...common,
      verdict: "broken",
      says: `it is ${state}${state === "active" ? ", and not ready" : ""}`,
      fix: `holdfast diagnose ${name}`,
    });
  const recover = readyAt === null ? null : Math.max(0, Math.round(readyAt - bootedAt));
  const after =
    recover === null ? "" : `, started ${describeDuration(Math.max(1, recover))} after the kernel`;
  return plainOutcome({ ...common, verdict: "kept", recover, says: `it runs and is ready${after}` });
}

function judgeJob({ timers }: BeforeReboot, { rule, timer, runs }: AfterReboot["jobs"][number]): Outcome {
  const { job } = rule;
  const common = {
    fault: "reboot",
    title,
    service: job,
    promise: `${job} has its timer back after a restart of the machine, and runs in its slots only`,
    because: `jobs.${job}.at`,
  };
  const broken = (says: string, fix: string): Outcome =>
    plainOutcome({ ...common, verdict: "broken", says, fix });
  const early = runs.find((run) => outOfSlot(rule, run));
  if (early !== undefined)
    return broken(
      `it ran at ${early.started}, out of its slot${early.slot === null ? "" : ` (${early.slot})`}`,
      `see: holdfast runs ${job}; jobs.${job}.late`,
    );
  if (timer === null || !timers.includes(job))
    return plainOutcome({ ...common, verdict: "not-rehearsed", says: "its timer was not armed before" });
  if (!timer.enabled || !timer.armed)
    return broken(`its timer is ${timer.enabled ? "not armed" : "not enabled"}`, `holdfast apply`);
  if (timer.next === null)
    return broken("its timer is armed, and has no next time", `holdfast schedule ${job}`);
  const missed = runs.filter(({ result }) => result === "missed" || result === "too-late").length;
  const passed =
    missed === 0
      ? ""
      : `; ${missed} passed while the machine was away, and ${missed === 1 ? "is" : "are"} on record`;
  return plainOutcome({
    ...common,
    verdict: "kept",
    says: `its timer is armed, next at ${timer.next}${passed}`,
  });
}

/** Whether a timer has started a job at a moment that is none of its slots, or too long after one. */
export function outOfSlot(
  rule: JobRule,
  { slot, trigger, result, started }: AfterReboot["jobs"][number]["runs"][number],
): boolean {
  if (trigger === "manual" || !ran.includes(result)) return false;
  if (slot === null) return true;
  const at = Date.parse(slot);
  if (!slotsBetween(rule.slots, at - 1000, at + 1000).includes(at)) return true;
  if (rule.late.kind === "run") return false;
  const late = rule.late.kind === "refuse" ? rule.late.after : usualLate;
  // The gate has a little time of its own.
  return Date.parse(started) - at > late + usualLate;
}

/** What everything else hangs on: a user's systemd that starts without him, and who notices that a slot has passed. */
function judgeHost({ timers }: BeforeReboot, { lingering, own }: AfterReboot): Outcome {
  const gone = own.filter(({ name, armed }) => !armed && timers.includes(name)).map(({ name }) => name);
  const trouble =
    lingering === false
      ? { says: "lingering is off: services and timers wait for a login", fix: "loginctl enable-linger" }
      : gone.length > 0
        ? { says: `not armed any more: ${gone.join(", ")}`, fix: "holdfast apply" }
        : null;
  const back = own.filter(({ name }) => timers.includes(name)).map(({ name }) => name);
  return plainOutcome({
    fault: "reboot",
    title,
    service: null,
    verdict: trouble === null ? "kept" : "broken",
    promise: `what notices and tells is back after a restart of the machine${lingering === null ? "" : ", without a login"}`,
    because: lingering === null ? "its timers are enabled" : "loginctl enable-linger",
    says: `${lingering ? "lingering is on; " : ""}${back.length === 0 ? "nothing of it has a timer" : `armed again: ${back.join(", ")}`}`,
    ...trouble,
  });
}
