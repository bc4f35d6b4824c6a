import type { Artifact } from "../compile/artifact.ts";
import type { Compiled } from "../compile/compile.ts";
import { hardeningOf, resolvePath, writtenPaths } from "../compile/hardening.ts";
import { expectsRuns, expectTimes } from "../compile/expected.ts";
import { makeWatch } from "../compile/make-watch.ts";
import {
  agentUnit,
  checkTimer,
  expectTimer,
  notifyPath,
  notifyService,
  notifyTimer,
  probationTimer,
  serviceUnit,
  timerUnit,
} from "../compile/names.ts";
import { probationOf, probationTimes, type ProbationRule } from "../compile/probation.ts";
import { channelSecrets } from "../compile/channel-settings.ts";
import { notifierName } from "../compile/tell-files.ts";
import { encryptedCredentialPath, envFiles, optionalEnvFiles, programPath } from "../compile/program-unit.ts";
import type { ProgramKeys } from "../compile/program.ts";
import type { Target } from "../compile/target.ts";
import { checkTimes } from "../compile/watch-files.ts";
import type { WatchFile } from "../compile/watch-rule.ts";
import type { JobRule } from "./job-rule.ts";
import { makeJobRule } from "./make-job-rule.ts";
import type { Adopted } from "./foreign-unit.ts";
import type { Scope } from "../host/host.ts";
import { startsAfter } from "../spec/check-spec.ts";
import { readyGate, runtimeOf, stopTimeout, type ReadyGate, type Runtime } from "../spec/defaults.ts";
import type { Spec } from "../spec/parse-spec.ts";
import type { JobSpec } from "../spec/job-schema.ts";
import { hasTimer, jobTimeout, makesUpFor, timesOf } from "../spec/job-times.ts";
import type { ServiceSpec } from "../spec/service-schema.ts";
import { durationOf } from "../value/duration.ts";
import type { UnitName } from "../value/unit-name.ts";

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
  /** Units whose files were taken over, and how to give them back. Not in generations of before. */
  adopted?: readonly Adopted[];
  /** What shows that services work, at every level of supervision. */
  watch: WatchFile;
};

export function makeDesired(spec: Spec, compiled: Compiled, target: Target): Desired {
  const watch = makeWatch(spec, target);
  return {
    app: spec.app,
    scope: target.scope,
    environment: spec.environment,
    directory: spec.directory,
    user: target.scope === "system" ? (spec.user ?? null) : null,
    group: target.scope === "system" ? (spec.group ?? null) : null,
    artifacts: compiled.artifacts,
    services: [
      ...inStartOrder(
        Object.entries(spec.services).map(([name, service]) => makeService(spec, name, service, target)),
      ),
      ...Object.entries(spec.jobs).map(([name, job]) => makeJob(spec, name, job, target)),
    ],
    timers: [
      ...Object.entries(spec.jobs).flatMap(([name, job]) => makeTimer(spec, name, job)),
      ...(expectsRuns(spec) ? [expectedTimer(spec.app)] : []),
      ...probationTimers(spec),
      ...(watch.supervision === "probes" ? [checksTimer(spec.app)] : []),
      ...(spec.notify === undefined ? [] : notifyStarters(spec.app)),
    ],
    notifier: makeNotifier(spec, target),
    probation: probationOf(spec),
    agent: watch.supervision === "agent" ? agentUnit : null,
    watch,
  };
}

/** Not of a job; the spec check keeps its name free. */
function expectedTimer(app: string): DesiredTimer {
  return { unit: expectTimer(app), job: "expect", enable: true, persistent: false, times: expectTimes };
}

function probationTimers(spec: Spec): DesiredTimer[] {
  const rule = probationOf(spec);
  if (rule === null) return [];
  const unit = probationTimer(spec.app);
  return [{ unit, job: "probation", enable: true, persistent: false, times: probationTimes(rule) }];
}

function checksTimer(app: string): DesiredTimer {
  return { unit: checkTimer(app), job: "check", enable: true, persistent: false, times: checkTimes };
}

/** The path unit is armed and disarmed as a timer is. */
function notifyStarters(app: string): DesiredTimer[] {
  return [notifyPath(app), notifyTimer(app)].map((unit) => ({
    unit,
    job: notifierName,
    enable: true,
    persistent: false,
    times: [],
  }));
}

function makeNotifier(spec: Spec, target: Target): DesiredNotifier | null {
  if (spec.notify === undefined) return null;
  const encrypts = target.encryptsCredentials && target.scope === "system";
  return {
    name: notifierName,
    unit: notifyService(spec.app),
    channels: Object.keys(spec.notify.channels),
    tests: spec.notify.test ?? true,
    secrets: channelSecrets(spec).map(({ id, source }) => ({
      id,
      source,
      encrypted: encrypts ? encryptedCredentialPath(spec, notifierName, id) : null,
    })),
  };
}

/** All that get secrets: services, jobs and the notifier. */
export function holdersOfSecrets(
  desired: Desired | null | undefined,
): { name: string; unit: UnitName; secrets: readonly DesiredSecret[] }[] {
  return [...(desired?.services ?? []), ...(desired?.notifier ? [desired.notifier] : [])];
}

function makeTimer(spec: Spec, name: string, job: JobSpec): DesiredTimer[] {
  if (!hasTimer(spec, job)) return [];
  return [
    {
      unit: timerUnit(spec, name),
      job: name,
      enable: job.enable ?? true,
      persistent: makesUpFor(job) || /^(1|y|t|on)/i.test(textOf(job.systemd?.Timer?.["Persistent"])),
      times: timesOf(spec, job),
    },
  ];
}

function textOf(value: string | readonly string[] | undefined): string {
  return (typeof value === "string" ? value : value?.at(-1)) ?? "";
}

function makeJob(spec: Spec, name: string, job: JobSpec, target: Target): DesiredService {
  return {
    ...makeProgram(spec, name, job, target),
    enable: false,
    start: false,
    gate: { kind: "stays-up", within: jobTimeout(job), settle: durationOf(0) },
    ports: [],
    canReload: false,
    dryRun: job["dry-run"] ?? null,
    job: makeJobRule(spec, name),
  };
}

function makeService(spec: Spec, name: string, service: ServiceSpec, target: Target): DesiredService {
  return {
    ...makeProgram(spec, name, service, target),
    enable: service.enable ?? true,
    start: service.start ?? true,
    gate: readyGate(service),
    ports: service.ports ?? [],
    canReload:
      service.reload?.signal !== undefined ||
      service.reload?.command !== undefined ||
      service.systemd?.Service?.["ExecReload"] !== undefined,
    dryRun: null,
    job: null,
  };
}

type Program = Omit<DesiredService, "enable" | "start" | "gate" | "ports" | "canReload" | "dryRun" | "job">;

function makeProgram(
  spec: Spec,
  name: string,
  service: ProgramKeys & Pick<ServiceSpec, "systemd">,
  target: Target,
): Program {
  const runtime = runtimeOf(service);
  const encrypts = target.encryptsCredentials && target.scope === "system";
  return {
    name,
    unit: serviceUnit(spec, name),
    program: programPath(spec, service.run[0]!),
    arguments: service.run.slice(1),
    runtime: runtime.name,
    runtimeAtLeast: runtime.atLeast ?? null,
    stopTimeout: stopTimeout(service),
    after: startsAfter(service).filter((other) => other in spec.services),
    envFiles: envFiles(service).map((file) => resolvePath(spec, file)),
    ...(optionalEnvFiles(service).length === 0 ? {} : { optionalEnvFiles: optionalEnvFiles(service) }),
    requiredEnv: service.env?.require ?? [],
    setEnv: Object.keys(service.env?.set ?? {}),
    secrets: Object.entries(service.secrets ?? {}).map(([id, source]) => ({
      id,
      source,
      encrypted: encrypts ? encryptedCredentialPath(spec, name, id) : null,
    })),
    needsFiles: (service["needs-files"] ?? []).map((file) => resolvePath(spec, file)),
    writes: writtenPaths(spec, service),
    ownDirectories: target.scope === "system" ? ownDirectories(service) : [],
    scoreAtMost: target.scope === "system" ? hardeningOf(spec, service).atMost : null,
    profile: learnedWith(spec, service),
    assertedEnv: service.env?.assert ?? {},
    ...(service.systemd?.Service?.["ExecStart"] === undefined ? {} : { commandAsWritten: true as const }),
  };
}

function learnedWith(spec: Spec, service: ProgramKeys): LearnedWith | null {
  const { profile: name } = hardeningOf(spec, service);
  const profile = name === null ? undefined : spec.profiles?.[name];
  return profile ? { name: name!, systemd: profile.systemd, runs: profile.runs ?? {} } : null;
}

/** systemd.exec(5), StateDirectory= and CacheDirectory=; the runtime directory goes when the service stops. */
function ownDirectories(service: ProgramKeys): string[] {
  const { "state-directory": state, "cache-directory": cache } = service;
  return [
    ...(state === undefined ? [] : [`/var/lib/${state}`]),
    ...(cache === undefined ? [] : [`/var/cache/${cache}`]),
  ];
}

/** Each service after those it starts after; otherwise in the order of the spec. The spec check has excluded circles. */
function inStartOrder(services: readonly DesiredService[]): DesiredService[] {
  const ordered: DesiredService[] = [];
  const placed = new Set<string>();
  const byName = new Map(services.map((service) => [service.name, service]));
  const place = (service: DesiredService): void => {
    if (placed.has(service.name)) return;
    placed.add(service.name);
    for (const name of service.after) place(byName.get(name)!);
    ordered.push(service);
  };
  services.forEach(place);
  return ordered;
}
