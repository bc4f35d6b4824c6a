import type { Artifact } from "../compile/artifact.ts";
import type { DrillRule } from "../compile/drill.ts";
import type { ProbationRule } from "../compile/probation.ts";
import type { WatchFile } from "../compile/watch-rule.ts";
import type { Scope } from "../host/host.ts";
import type { ReadyGate, Runtime } from "../spec/defaults.ts";
import type { UnitName } from "../value/unit-name.ts";
import type { Adopted } from "./foreign-unit.ts";
import type { JobRule } from "./job-rule.ts";

export type DesiredSecret = { id: string; source: string; encrypted: string | null };

/** What apply, status and the checks need to know of a service besides its unit text. */
export type DesiredService = {
  name: string;
  unit: UnitName;
  program: string;
  arguments: readonly string[];
  runtime: Runtime;
  runtimeAtLeast: string | null;
  enable: boolean;
  start: boolean;
  gate: ReadyGate;
  stopTimeout: number;
  after: readonly string[];
  ports: readonly number[];
  envFiles: readonly string[];
  /** Those that may be missing; what is in them is hidden like the rest. */
  optionalEnvFiles?: readonly string[];
  requiredEnv: readonly string[];
  setEnv: readonly string[];
  secrets: readonly DesiredSecret[];
  needsFiles: readonly string[];
  writes: readonly string[];
  /** Directories that systemd makes for it and leaves: state and cache. */
  ownDirectories: readonly string[];
  scoreAtMost: number | null;
  /** What its hardening was learned with; not in generations of before. */
  profile?: LearnedWith | null;
  canReload: boolean;
  /** Values that variables must have. */
  assertedEnv: Readonly<Record<string, string>>;
  /** Words that make a run of a job leave no trace; null when there are none. */
  dryRun: readonly string[] | null;
  /** Its command is written as systemd reads it: program and arguments are what a person reads. */
  commandAsWritten?: true;
  /** Set for the service unit of a job: it is never started by apply, and its gate goes by this. */
  job: JobRule | null;
};

/** What a profile of hardening was learned with: with anything else it is stale. */
export type LearnedWith = { name: string; systemd: number; runs: Readonly<Record<string, string>> };

/** When a job runs. Stopping and starting it never runs the job. */
export type DesiredTimer = {
  unit: UnitName;
  job: string;
  enable: boolean;
  persistent: boolean;
  times: readonly string[];
};

export type DesiredNotifier = {
  name: string;
  unit: UnitName;
  channels: readonly string[];
  /** Does apply send a test through each channel? */
  tests: boolean;
  secrets: readonly DesiredSecret[];
};

/** What a generation means: every file with its text, and every service. Stored with the generation, so going back needs no compiler. */
export type Desired = {
  app: string;
  scope: Scope;
  environment: string | null;
  directory: string;
  user: string | null;
  group: string | null;
  artifacts: readonly Artifact[];
  /** Services in the order they start, then the service units of jobs. */
  services: readonly DesiredService[];
  timers: readonly DesiredTimer[];
  /** The agent of the host, when this application is watched by it. */
  agent: UnitName | null;
  /** What tells people, with the secrets of its channels; null when nobody is told. Not in generations of before. */
  notifier?: DesiredNotifier | null;
  /** How what is new has to prove itself; null when it has not to. Not in generations of before. */
  probation?: ProbationRule | null;
  /** When drills are due, and how long evidence counts; null when nothing is said of it. Not in generations of before. */
  drill?: DrillRule | null;
  /** Units whose files were taken over, and how to give them back. Not in generations of before. */
  adopted?: readonly Adopted[];
  /** What shows that services work, at every level of supervision. */
  watch: WatchFile;
};

/** All that get secrets: services, jobs and the notifier. */
export function holdersOfSecrets(
  desired: Desired | null | undefined,
): { name: string; unit: UnitName; secrets: readonly DesiredSecret[] }[] {
  return [...(desired?.services ?? []), ...(desired?.notifier ? [desired.notifier] : [])];
}
