import type { Severity } from "../value/severity.ts";
import type { JobSubject } from "./job-subject.ts";
import type { Stage } from "./stage.ts";
import type { Subject } from "./subject.ts";
import type { UnitLook, UnitWatch } from "./watch-unit.ts";

/** What came of a promise. `gap`: the spec does not promise it, and should perhaps. */
export type Verdict = "kept" | "broken" | "gap" | "not-rehearsed";

/** A moment of a rehearsed fault, in milliseconds since it was done. */
export type Moment = { at: number; what: string; kind: "fault" | "state" | "told" | "check" };

/** Somebody, or nobody, who heard of it. */
export type Told = {
  incident: string;
  severity: Severity;
  summary: string;
  to: readonly string[];
  after: number;
};

export type Outcome = {
  fault: string;
  title: string;
  service: string | null;
  verdict: Verdict;
  /** The promise in one sentence, and the key of the spec that gives it. */
  promise: string;
  because: string;
  /** What was seen, in one sentence. */
  says: string;
  fix: string | null;
  /** Milliseconds from the fault until anything noticed it, and until the service was ready again; null when it did not happen. */
  detect: number | null;
  recover: number | null;
  told: readonly Told[];
  timeline: readonly Moment[];
  millis: number;
};

/** What a fault's own code says of it; the rest is filled in by who runs it. */
export type Seen = Pick<Outcome, "verdict" | "promise" | "because" | "says"> &
  Partial<Pick<Outcome, "fix" | "detect" | "recover">>;

/** One way in which things break. */
export type Fault = {
  /** Stable: "crash". */
  id: string;
  title: string;
  /** Whether it is in the suite that runs when none is named. */
  standard: boolean;
  /** Whether it may be done on the live host: it touches the service's own processes, or what is restarted without being missed. */
  drill?: true;
  /** Of one service, or once of the whole host. */
  scope: "service" | "host";
  /** Why it cannot be done to this service; null when it can. */
  cannot?(subject: Subject, stage: Stage): string | null;
  /** Does it, looks what becomes of it, and mends what does not mend itself. */
  run(scene: Scene): Promise<Seen>;
};

/** Where a fault is done: the service, as it was before, and who follows it. */
export type Scene = { subject: Subject; stage: Stage; watch: UnitWatch; before: UnitLook };

/** One way in which a job breaks; only on a copy, for it runs what is to run once a day. */
export type JobFault = {
  id: string;
  title: string;
  standard: boolean;
  drill?: never;
  scope: "job";
  cannot?(job: JobSubject, stage: Stage): string | null;
  run(scene: JobScene): Promise<Seen>;
};

export type JobScene = { subject: JobSubject; stage: Stage; watch: UnitWatch };

export type AnyFault = Fault | JobFault;

/** Whether a fault is one of services, or of the whole host. */
export function isOfServices(fault: AnyFault): fault is Fault {
  return fault.scope !== "job";
}
