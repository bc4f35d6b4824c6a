import type { ServiceSpec } from "../spec/service-schema.ts";
import type { ReadyGate } from "../spec/defaults.ts";
import { readyGate, startLimit, stopTimeout } from "../spec/defaults.ts";
import type { Spec } from "../spec/spec.ts";
import { serviceUnit } from "../compile/names.ts";
import { encryptedCredentialPath, envFiles } from "../compile/program-files.ts";
import { resolvePath, writtenPaths } from "../compile/spec-paths.ts";
import { makeWatch } from "../compile/make-watch.ts";
import type { Target } from "../compile/target.ts";
import type { CheckRule, WatchRule } from "../compile/watch-rule.ts";
import type { UnitName } from "../value/unit-name.ts";

/** A service that things are done to, and what its spec says of it. */
export type Subject = {
  app: string;
  name: string;
  unit: UnitName;
  service: ServiceSpec;
  gate: ReadyGate;
  restart: {
    on: "failure" | "always" | "never";
    delay: number;
    limit: { count: number; window: number };
    notOn: readonly number[];
  };
  stopTimeout: number;
  rule: WatchRule;
  /** Whether anybody but systemd looks at its checks, and may heal. */
  watched: boolean;
  envFiles: readonly string[];
  /** The files that systemd itself reads the secrets from. */
  secrets: readonly { id: string; path: string }[];
  writes: readonly string[];
  ports: readonly number[];
};

/** The services of a spec, in its order. */
export function subjectsOf(spec: Spec, target: Target): Subject[] {
  const watch = makeWatch(spec, target);
  return Object.entries(spec.services).map(([name, service]) => {
    const { delay, limit } = startLimit(service);
    return {
      app: spec.app,
      name,
      unit: serviceUnit(spec, name),
      service,
      gate: readyGate(service),
      restart: {
        on: service.restart?.on ?? "failure",
        delay,
        limit: { count: limit.count, window: limit.window },
        notOn: service.restart?.["not-on"] ?? [],
      },
      stopTimeout: stopTimeout(service),
      rule: watch.services.find((rule) => rule.service === name)!,
      watched: watch.supervision !== "systemd",
      envFiles: envFiles(service).map((path) => resolvePath(spec, path)),
      secrets: Object.entries(service.secrets ?? {}).map(([id, path]) => ({
        id,
        path: target.encryptsCredentials ? encryptedCredentialPath(spec, name, id) : resolvePath(spec, path),
      })),
      writes: writtenPaths(spec, service),
      ports: service.ports ?? [],
    };
  });
}

/** A check that a frozen program fails, and after how many milliseconds at the latest; null when there is none. */
export function freezeLimit({
  rule,
  watched,
  service,
}: Subject): { by: string; limit: number; heals: boolean } | null {
  const found = [
    ...(service.watchdog === undefined ? [] : [{ by: "watchdog", limit: service.watchdog, heals: true }]),
    ...(watched ? rule.checks.flatMap((check) => limitOf(check, rule)) : []),
  ];
  return found.toSorted((a, b) => Number(b.heals) - Number(a.heals) || a.limit - b.limit)[0] ?? null;
}

/** After how many milliseconds a check fails at the latest when nothing is done any more; none for what does not look at that. */
export function limitOf(check: CheckRule, rule: WatchRule): { by: string; limit: number; heals: boolean }[] {
  const { look } = check;
  const round = check.every * check.fails.of + check.timeout;
  const heals = check.heals && check.severity === "error" && rule.heal.act !== "alert-only";
  const limits: Partial<Record<typeof look.kind, number>> = {
    beat: look.kind === "beat" ? look.within : 0,
    http: round,
    rpc: round,
    exec: round,
    log: look.kind === "log" ? (look.fresh ?? look.atLeast?.window ?? 0) : 0,
    file: look.kind === "file" ? (look.fresh ?? look.atLeast?.window ?? 0) : 0,
  };
  const limit = limits[look.kind] ?? 0;
  return limit > 0 && check.dependency === null ? [{ by: check.id, limit: limit + check.every, heals }] : [];
}
