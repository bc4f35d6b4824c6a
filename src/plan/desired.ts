import type { Artifact } from "../compile/artifact.ts";
import type { Compiled } from "../compile/compile.ts";
import { hardeningOf, resolvePath, writtenPaths } from "../compile/hardening.ts";
import { serviceUnit } from "../compile/names.ts";
import { encryptedCredentialPath, envFiles, programPath } from "../compile/program-unit.ts";
import type { Target } from "../compile/target.ts";
import type { Scope } from "../host/host.ts";
import { startsAfter } from "../spec/check-spec.ts";
import { readyGate, runtimeOf, stopTimeout, type ReadyGate, type Runtime } from "../spec/defaults.ts";
import type { Spec } from "../spec/parse-spec.ts";
import type { ServiceSpec } from "../spec/service-schema.ts";
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
  requiredEnv: readonly string[];
  setEnv: readonly string[];
  secrets: readonly DesiredSecret[];
  needsFiles: readonly string[];
  writes: readonly string[];
  /** Directories that systemd makes for it and leaves: state and cache. */
  ownDirectories: readonly string[];
  scoreAtMost: number | null;
  canReload: boolean;
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
  services: readonly DesiredService[];
};

export function makeDesired(spec: Spec, compiled: Compiled, target: Target): Desired {
  return {
    app: spec.app,
    scope: target.scope,
    environment: spec.environment,
    directory: spec.directory,
    user: target.scope === "system" ? (spec.user ?? null) : null,
    group: target.scope === "system" ? (spec.group ?? null) : null,
    artifacts: compiled.artifacts,
    services: inStartOrder(
      Object.entries(spec.services).map(([name, service]) => makeService(spec, name, service, target)),
    ),
  };
}

function makeService(spec: Spec, name: string, service: ServiceSpec, target: Target): DesiredService {
  const runtime = runtimeOf(service);
  const encrypts = target.encryptsCredentials && target.scope === "system";
  return {
    name,
    unit: serviceUnit(spec.app, name),
    program: programPath(spec, service.run[0]!),
    arguments: service.run.slice(1),
    runtime: runtime.name,
    runtimeAtLeast: runtime.atLeast ?? null,
    enable: service.enable ?? true,
    start: service.start ?? true,
    gate: readyGate(service),
    stopTimeout: stopTimeout(service),
    after: startsAfter(service).filter((other) => other in spec.services),
    ports: service.ports ?? [],
    envFiles: envFiles(service).map((file) => resolvePath(spec, file)),
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
    canReload: service.reload?.signal !== undefined || service.reload?.command !== undefined,
  };
}

/** systemd.exec(5), StateDirectory= and CacheDirectory=; the runtime directory goes when the service stops. */
function ownDirectories(service: ServiceSpec): string[] {
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
