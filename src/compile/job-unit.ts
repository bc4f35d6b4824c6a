import { keepsDefaults } from "../spec/defaults.ts";
import type { JobSpec } from "../spec/job-schema.ts";
import {
  expectedBand,
  hasTimer,
  jobTimeout,
  latePolicyOf,
  makesUpFor,
  needsOf,
  timesOf,
  unsurePolicy,
  zoneOf,
} from "../spec/job-times.ts";
import type { Spec } from "../spec/spec.ts";
import { formatDuration } from "../value/duration.ts";
import { formatIni, ownershipMarker, type Artifact } from "./artifact.ts";
import { giveUpUnit, serviceUnit, timerUnit } from "./names.ts";
import { addDescription, addPreconditions, addSurroundings, quoteProgram } from "./program-unit.ts";
import { pathBelow, type PathOf } from "./program.ts";
import { quoteEnvironment, quoteExecArgument, quotePlain, type Quoted } from "./quote.ts";
import type { Target } from "./target.ts";
import { UnitBuilder } from "./unit-builder.ts";
import { addWritten } from "./written-directives.ts";

export type CompiledJob = { artifacts: readonly Artifact[]; diagnostics: UnitBuilder["diagnostics"] };

/** Compiles one job to a service that runs once and, when it has times, a timer; see systemd.timer(5), systemd.time(7). */
export function compileJob(spec: Spec, name: string, target: Target): CompiledJob {
  const service = compileRun(spec, name, target);
  const timer = hasTimer(spec, spec.jobs[name]!) ? compileTimer(spec, name, target) : null;
  return {
    artifacts: [service.artifact, ...(timer ? [timer.artifact] : [])],
    diagnostics: [...service.diagnostics, ...(timer?.diagnostics ?? [])],
  };
}

type One = { artifact: Artifact; diagnostics: UnitBuilder["diagnostics"] };

function compileRun(spec: Spec, name: string, target: Target): One {
  const job = spec.jobs[name]!;
  const unit = new UnitBuilder(spec, target);
  const path = pathBelow("jobs", name);
  addDescription(unit, spec, name, job, target, path);
  // systemd then waits for a run of these that has begun, and the gate asks how it ended.
  for (const [index, need] of needsOf(job).entries())
    unit.add("Unit", "After", serviceUnit(spec, need), path("needs", index));
  const kept = keepsDefaults(job);
  if (!kept)
    unit.add(
      "Unit",
      "StartLimitIntervalSec",
      "0",
      "the gate decides how often a job runs, not a limit on starts",
    );
  unit.add("Unit", "OnFailure", giveUpUnit(spec, name), "a failed run is recorded, never silent");
  unit.add("Service", "Type", "oneshot", "a job runs once and ends");
  addGate(unit, spec, name, target);
  addPreconditions(unit, spec, job, path);
  unit.add("Service", "ExecStart", quoteProgram(spec, job.run), path("run"));
  if (!kept || job.timeout !== undefined)
    unit.add(
      "Service",
      "TimeoutStartSec",
      formatDuration(jobTimeout(job)),
      job.timeout === undefined ? "timeout has a default" : path("timeout"),
    );
  addZone(unit, spec, job, path);
  addSurroundings(unit, spec, job, target, path);
  addRule(unit, spec, job, path);
  addWritten(unit, ["Unit", "Service", "Install"], job, path);
  return {
    artifact: {
      ...unitFile(spec, target, unit, ["Unit", "Service", "Install", ruleSection], serviceUnit(spec, name)),
      service: name,
    },
    diagnostics: unit.diagnostics,
  };
}

/** Variables by which an environment file could make root's own gate run code of somebody else. */
const loaderVariables = "LD_PRELOAD LD_AUDIT LD_LIBRARY_PATH GCONV_PATH LOCPATH GLIBC_TUNABLES";

/**
 * The gate goes first, as root and outside the sandbox, because the record is not the job's to write; the end is recorded
 * last, however it came. Both get a clean environment: what the job's environment says must not steer what root runs.
 */
function addGate(unit: UnitBuilder, spec: Spec, name: string, target: Target): void {
  const rule = "the gate: calendar, needs, lateness, once per slot";
  unit.add(
    "Service",
    "ExecCondition",
    hook(spec, name, target, "gate", ["INVOCATION_ID", "TRIGGER_UNIT", "TRIGGER_TIMER_REALTIME_USEC"]),
    rule,
  );
  unit.add(
    "Service",
    "ExecStopPost",
    hook(spec, name, target, "record-run", ["INVOCATION_ID", "SERVICE_RESULT", "EXIT_CODE", "EXIT_STATUS"]),
    "every run and how it ended is recorded",
  );
  if (target.scope === "system")
    unit.add("Service", "UnsetEnvironment", loaderVariables, "the gate runs as root");
}

function hook(spec: Spec, name: string, target: Target, verb: string, variables: readonly string[]): Quoted {
  const own = target.scope === "user" ? ["HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"] : [];
  const kept = [...variables, ...own].map((variable) => `${variable}=\${${variable}}`).join(" ");
  const words = [target.holdfast, verb, spec.app, name, ...(target.scope === "user" ? ["--user"] : [])].map(
    quoteExecArgument,
  );
  const refused = words.find((word) => !word.ok);
  if (refused) return refused;
  const full = target.scope === "system" ? "+" : "";
  return {
    ok: true,
    text: `${full}/usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin ${kept} ${words.map((word) => (word.ok ? word.text : "")).join(" ")}`,
  };
}

/** systemd passes over sections that begin with X- (systemd.unit(5)). */
const ruleSection = "X-Holdfast";

/**
 * What the gate goes by and systemd knows nothing of. Standing in the unit, an edit of it is a change like any other: it is
 * planned, shown, applied and rolled back.
 */
function addRule(unit: UnitBuilder, spec: Spec, job: JobSpec, path: PathOf): void {
  const add = (key: string, value: string, cause: keyof JobSpec, fallback: string): void =>
    unit.add(ruleSection, key, quotePlain(value), job[cause] === undefined ? fallback : path(cause));
  const calendar = job.calendar ?? spec.calendar;
  const declared = calendar === undefined ? undefined : spec.calendars?.[calendar];
  const late = latePolicyOf(job);
  if (calendar !== undefined) add("Calendar", calendar, "calendar", "the calendar of the file");
  if (declared?.base !== undefined) add("CalendarBase", declared.base, "calendar", "calendars");
  if (declared?.closed?.length) add("Closed", declared.closed.join(" "), "calendar", "calendars");
  const half = Object.entries(declared?.half ?? {}).map(([date, closes]) => `${date} ${closes}`);
  if (half.length > 0) add("HalfDays", half.join(", "), "calendar", "calendars");
  const lateText = late.kind === "refuse" ? `refuse after ${formatDuration(late.after)}` : late.kind;
  add("Late", lateText, "late", "late has a default");
  add("IfUnsure", unsurePolicy(job), "if-unsure", "if-unsure has a default");
  if (job.critical !== undefined) add("Critical", String(job.critical), "critical", "");
  const expect = expectedBand(job);
  if (expect) add("Expect", `${formatDuration(expect.from)}..${formatDuration(expect.to)}`, "expect", "");
}

function addZone(unit: UnitBuilder, spec: Spec, job: JobSpec, path: PathOf): void {
  if (job.env?.set?.["TZ"] !== undefined || keepsDefaults(job)) return;
  const cause =
    job.zone !== undefined ? path("zone") : spec.zone !== undefined ? ["zone"] : "zone has a default";
  unit.add("Service", "Environment", quoteEnvironment("TZ", zoneOf(spec, job)), cause);
}

function compileTimer(spec: Spec, name: string, target: Target): One {
  const job = spec.jobs[name]!;
  const unit = new UnitBuilder(spec, target);
  const path = pathBelow("jobs", name);
  const cause = path(job.every !== undefined ? "every" : job.at !== undefined ? "at" : "systemd");
  const kept = keepsDefaults(job);
  unit.add("Unit", "Description", quotePlain(`When ${name} of ${spec.app} runs`), "one timer for each job");
  for (const time of timesOf(spec, job)) unit.add("Timer", "OnCalendar", quotePlain(time), cause);
  unit.add(
    "Timer",
    "Unit",
    serviceUnit(spec, name),
    "the timer names its job; a dependency would run it at every boot",
  );
  if (!kept) unit.add("Timer", "AccuracySec", "1s", "the default may be a minute late");
  if (target.systemd < 252 && !kept)
    unit.lose(
      `late: has no effect: systemd ${target.systemd} does not tell a job what started it (252 does), so every start counts as one by hand`,
      job.late === undefined ? cause : path("late"),
    );
  if (job.jitter !== undefined)
    unit.add("Timer", "RandomizedDelaySec", formatDuration(job.jitter), path("jitter"));
  if (makesUpFor(job)) {
    // The gate refuses what comes too late; without this a slot missed while the host was off would leave no trace at all.
    unit.add(
      "Timer",
      "Persistent",
      "yes",
      latePolicyOf(job).kind === "run" ? path("late") : "a missed slot comes to the gate, which records it",
    );
  }
  unit.add("Install", "WantedBy", "timers.target", "timers start at boot when enabled");
  addWritten(unit, ["TimerUnit", "Timer", "TimerInstall"], job, path);
  return {
    artifact: unitFile(spec, target, unit, ["Unit", "Timer", "Install"], timerUnit(spec, name)),
    diagnostics: unit.diagnostics,
  };
}

function unitFile(
  spec: Spec,
  target: Target,
  unit: UnitBuilder,
  sections: readonly string[],
  file: ReturnType<typeof serviceUnit>,
): Artifact {
  const header = [
    ownershipMarker(spec.app),
    ...(spec.references ?? []).map((id) => `# Reference: ${id.replace(/[\r\n]/g, " ")}`),
  ];
  return {
    kind: "unit",
    path: `${target.unitDirectory}/${file}`,
    mode: 0o644,
    text: formatIni(header, sections, unit.directives),
    unit: file,
    directives: unit.directives,
  };
}
