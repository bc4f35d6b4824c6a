import { hashOfSpec } from "../spec/hash-of-spec.ts";
import { describeDuration } from "../value/duration.ts";
import { readAskedUpstreams, type AskedUpstream } from "./asked-upstreams.ts";
import { beginAnew } from "./begin-anew.ts";
import { isOfServices, type AnyFault } from "./fault.ts";
import type { Outcome } from "./outcome.ts";
import { openStage, type StageOptions } from "./open-stage.ts";
import type { Shortened } from "./pace-spec.ts";
import { jobSubjectsOf } from "./job-subject.ts";
import { runFault, runJobFault } from "./run-fault.ts";

/** What a rehearsal has shown, and of what. */
export type Report = {
  app: string;
  environment: string | null;
  /** SHA-256 of what the spec says: evidence is for this spec. */
  spec: string;
  systemd: string;
  machine: string;
  /** The tree that was copied, when it was not the machine's own. */
  tree?: string;
  /** False when limits of memory, tasks and processor had no effect on the copy, because of the machine below it. */
  limits?: boolean;
  /** Milliseconds since the epoch. */
  at: number;
  /** Set for a drill: it was on the machine itself, and on no copy. */
  live?: true;
  /** From the request until every service was ready, and of all of it. */
  upMillis: number;
  millis: number;
  shortened: readonly Shortened[];
  standIns: readonly string[];
  /** In what the copy was not like the machine; absent in reports from before. */
  unlike?: readonly string[];
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
      for (const subject of subjects)
        outcomes.push(await runFault(fault, subject, stage, options.now, beginAnew));
    }
    return {
      app: options.spec.app,
      environment: options.environment,
      spec: hashOfSpec(options.text),
      systemd,
      machine: options.machine,
      ...(options.lower === "/" ? {} : { tree: options.lower }),
      limits: stage.host.limits,
      at,
      upMillis: Math.round(stage.upMillis),
      millis: Math.round(performance.now() - began),
      shortened: stage.paced.shortened,
      standIns: stage.standIns,
      unlike: stage.unlike,
      upstreams: await readAskedUpstreams(stage.host, stage.spec),
      outcomes,
      notYet: {},
    };
  } finally {
    options.signal.removeEventListener("abort", stop);
    await stage.close();
  }
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
