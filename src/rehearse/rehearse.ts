import { createHash } from "node:crypto";
import { describeDuration } from "../value/duration.ts";
import { readAskedUpstreams, type AskedUpstream } from "./asked-upstreams.ts";
import { isOfServices, type AnyFault, type Fault, type JobFault } from "./fault.ts";
import { type Outcome, type Seen } from "./outcome.ts";
import { settle } from "./faults/comes-back.ts";
import { settleJob } from "./faults/jobs.ts";
import { notYet } from "./faults.ts";
import { openStage, type Stage, type StageOptions } from "./stage.ts";
import type { Shortened } from "./pace-spec.ts";
import { jobSubjectsOf, type JobSubject } from "./job-subject.ts";
import type { Subject } from "./subject.ts";
import { UnitWatch } from "./watch-unit.ts";

/** What a rehearsal has shown, and of what. */
export type Report = {
  app: string;
  environment: string | null;
  /** SHA-256 of the spec's text: evidence is for this spec. */
  spec: string;
  systemd: string;
  machine: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** Set for a drill: it was on the machine itself, and on no copy. */
  live?: true;
  /** From the request until every service was ready, and of all of it. */
  upMillis: number;
  millis: number;
  shortened: readonly Shortened[];
  standIns: readonly string[];
  /** What was asked of the stand-ins for upstreams; absent where there are none. */
  upstreams?: readonly AskedUpstream[];
  outcomes: readonly Outcome[];
  notYet: Readonly<Record<string, string>>;
};

export type RehearseOptions = StageOptions & {
  faults: readonly AnyFault[];
  services: readonly string[] | null;
  machine: string;
  now: () => number;
};

/** Boots a copy, breaks the application there in every way that was asked for, and says what became of each promise. */
export async function rehearse(options: RehearseOptions): Promise<Report> {
  const began = performance.now();
  const at = options.now();
  const stage = await openStage(options);
  const stop = (): void => void stage.host.destroy();
  options.signal.addEventListener("abort", stop, { once: true });
  try {
    const systemd = await stage.outside.systemd.version();
    const isChosen = ({ name }: { name: string }) =>
      options.services === null || options.services.includes(name);
    const chosen = stage.subjects.filter(isChosen);
    const jobs = jobSubjectsOf(stage.spec).filter(isChosen);
    const outcomes: Outcome[] = [];
    for (const fault of options.faults.toSorted(
      (a, b) => Number(a.scope === "host") - Number(b.scope === "host"),
    )) {
      if (!isOfServices(fault)) {
        for (const job of jobs) outcomes.push(await runJobFault(fault, job, stage, options.now));
        continue;
      }
      const subjects = fault.scope === "host" ? chosen.slice(0, 1) : chosen;
      for (const subject of subjects) outcomes.push(await runFault(fault, subject, stage, options.now));
    }
    return {
      app: options.spec.app,
      environment: options.environment,
      spec: createHash("sha256").update(options.text).digest("hex"),
      systemd,
      machine: options.machine,
      at,
      upMillis: Math.round(stage.upMillis),
      millis: Math.round(performance.now() - began),
      shortened: stage.paced.shortened,
      standIns: stage.standIns,
      upstreams: await readAskedUpstreams(stage.host, stage.spec),
      outcomes,
      notYet,
    };
  } finally {
    options.signal.removeEventListener("abort", stop);
    await stage.close();
  }
}

/** Does one fault to one service, from a healthy state, and says what became of the promise. */
export async function runFault(
  fault: Fault,
  subject: Subject,
  stage: Stage,
  now: () => number,
): Promise<Outcome> {
  const service = fault.scope === "host" ? null : subject.name;
  const base = { fault: fault.id, title: fault.title, service };
  const empty = { detect: null, recover: null, told: [], timeline: [], fix: null, millis: 0 };
  const cannot = fault.cannot?.(subject, stage) ?? null;
  if (cannot !== null)
    return { ...base, ...empty, verdict: "not-rehearsed", promise: "", because: "", says: cannot };
  stage.signal.throwIfAborted();
  stage.progress.begin(`${service === null ? "" : `${service}: `}${fault.title}`);
  const began = performance.now();
  const since = now();
  const setUp = new UnitWatch(() => stage.outside, subject.unit);
  if (!(await settle(subject, stage, setUp))) {
    stage.progress.end("failed");
    return {
      ...base,
      ...empty,
      verdict: "not-rehearsed",
      promise: "",
      because: "",
      says: `${subject.name} was not ready before it: what broke earlier is still broken`,
    };
  }
  const watch = new UnitWatch(() => stage.outside, subject.unit);
  const before = await watch.look();
  watch.note("fault", fault.title);
  const seen = await fault.run({ subject, stage, watch, before }).catch((error: unknown): Seen => {
    if (stage.signal.aborted) throw error;
    return {
      verdict: "not-rehearsed",
      promise: "",
      because: "",
      says: `the rehearsal itself failed: ${(error as Error).message}`,
    };
  });
  const told = await stage.told(subject.app, since).catch(() => []);
  for (const { severity, summary, after } of told)
    watch.moments.push({ at: Math.round(after), kind: "told", what: `${severity}: ${summary}` });
  stage.progress.end(seen.verdict === "broken" ? "broken" : "done");
  return {
    ...base,
    verdict: seen.verdict,
    promise: seen.promise,
    because: seen.because,
    says: seen.says,
    fix: seen.fix ?? null,
    detect: rounded(seen.detect),
    recover: rounded(seen.recover),
    told,
    timeline: watch.moments.toSorted((a, b) => a.at - b.at),
    millis: Math.round(performance.now() - began),
  };
}

/** Does one fault to one job. Its timer rests meanwhile, so that no slot comes in between. */
async function runJobFault(
  fault: JobFault,
  subject: JobSubject,
  stage: Stage,
  now: () => number,
): Promise<Outcome> {
  const base = { fault: fault.id, title: fault.title, service: subject.name };
  const empty = { detect: null, recover: null, told: [], timeline: [], fix: null, millis: 0 };
  const unable = (says: string): Seen => ({ verdict: "not-rehearsed", promise: "", because: "", says });
  const cannot = fault.cannot?.(subject, stage) ?? null;
  if (cannot !== null) return { ...base, ...empty, ...unable(cannot), fix: null };
  stage.signal.throwIfAborted();
  stage.progress.begin(`${subject.name}: ${fault.title}`);
  const began = performance.now();
  await settleJob(subject, stage);
  const since = now();
  const watch = new UnitWatch(() => stage.outside, subject.unit);
  watch.note("fault", fault.title);
  const seen = await fault.run({ subject, stage, watch }).catch((error: unknown): Seen => {
    if (stage.signal.aborted) throw error;
    return unable(`the rehearsal itself failed: ${(error as Error).message}`);
  });
  const told = await stage.told(subject.app, since).catch(() => []);
  for (const { severity, summary, after } of told)
    watch.moments.push({ at: Math.round(after), kind: "told", what: `${severity}: ${summary}` });
  stage.progress.end(seen.verdict === "broken" ? "broken" : "done");
  return {
    ...base,
    ...seen,
    fix: seen.fix ?? null,
    detect: rounded(seen.detect),
    recover: rounded(seen.recover),
    told,
    timeline: watch.moments.toSorted((a, b) => a.at - b.at),
    millis: Math.round(performance.now() - began),
  };
}

function rounded(millis: number | null | undefined): number | null {
  return millis == null ? null : Math.round(millis);
}

/** "3 kept, 1 broken, 1 not promised, 2 not rehearsed". */
export function countVerdicts(outcomes: readonly Outcome[]): string {
  const words = {
    kept: "kept",
    broken: "broken",
    gap: "not promised",
    "not-rehearsed": "not rehearsed",
  } as const;
  return Object.entries(words)
    .map(([verdict, word]) => [outcomes.filter((one) => one.verdict === verdict).length, word] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(", ");
}

/** A time of a report for people: "0.4 s"; "-" when there is none. */
export function shownTime(millis: number | null): string {
  return millis === null ? "-" : describeDuration(millis);
}
