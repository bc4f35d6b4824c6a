import type { JobSubject } from "./job-subject.ts";
import type { Seen } from "./outcome.ts";
import type { Stage } from "./stage.ts";
import type { Subject } from "./subject.ts";
import type { UnitLook, UnitWatch } from "./watch-unit.ts";

/** One way in which things break. */
export type Fault = {
  /** Stable: "crash". */
  id: string;
  title: string;
  /** Whether it is in the suite that runs when none is named. */
  standard: boolean;
  /** Whether it may be done on the live host: it touches the service's own processes, or what is restarted without being missed. */
  drill?: true;
  /** What a copy may lack, whatever the spec says: limits that work, or a kernel and a clock of its own. */
  needs?: "limits" | "own-kernel";
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
