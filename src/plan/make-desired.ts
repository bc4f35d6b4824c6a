import { channelSecrets } from "../compile/channel-settings.ts";
import type { Compiled } from "../compile/compile.ts";
import { drillOf } from "../compile/drill.ts";
import { hardeningOf } from "../compile/hardening.ts";
import { resolvePath, writtenPaths } from "../compile/spec-paths.ts";
import { makeWatch } from "../compile/make-watch.ts";
import { agentUnit, notifyService, serviceUnit } from "../compile/names.ts";
import { probationOf } from "../compile/probation.ts";
import {
  encryptedCredentialPath,
  envFiles,
  optionalEnvFiles,
  programPath,
} from "../compile/program-files.ts";
import type { ProgramKeys } from "../compile/program.ts";
import type { Target } from "../compile/target.ts";
import { notifierName } from "../compile/tell-files.ts";
import { startsAfter } from "../spec/check-spec.ts";
import { readyGate, runtimeOf, stopTimeout } from "../spec/defaults.ts";
import type { JobSpec } from "../spec/job-schema.ts";
import { jobTimeout } from "../spec/job-times.ts";
import type { Spec } from "../spec/spec.ts";
import type { ServiceSpec } from "../spec/service-schema.ts";
import { durationOf } from "../value/duration.ts";
import { timersOf } from "./desired-timers.ts";
import type { Desired, DesiredNotifier, DesiredService, LearnedWith } from "./desired.ts";
import { makeJobRule } from "./make-job-rule.ts";

/** What apply, status and the checks go by, of a spec that compiles for a target. Pure. */
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
    timers: timersOf(spec, watch.supervision),
    notifier: makeNotifier(spec, target),
    probation: probationOf(spec),
    drill: drillOf(spec),
    agent: watch.supervision === "agent" ? agentUnit : null,
    watch,
  };
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
