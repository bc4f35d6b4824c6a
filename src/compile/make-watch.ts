import { declaredChecks, mayHeal, severityOf } from "../spec/declared-checks.ts";
import { calendarRuleOf } from "../spec/job-times.ts";
import type { CheckKindName, CheckSpec } from "../spec/health-schema.ts";
import type { WindowSpec } from "../spec/window-schema.ts";
import type { Spec } from "../spec/spec.ts";
import type { ServiceSpec } from "../spec/service-schema.ts";
import { parseWeekdayList } from "../spec/windows.ts";
import { resolvePath } from "./spec-paths.ts";
import { beatFile, logNamespace, serviceUnit } from "./names.ts";
import { envFiles, optionalEnvFiles } from "./program-files.ts";
import type { Target } from "./target.ts";
import type {
  CheckRule,
  During,
  HealRule,
  Look,
  LookKind,
  Supervision,
  WatchFile,
  WatchRule,
} from "./watch-rule.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Who watches: as declared, or the agent as soon as there is something that systemd alone cannot see. */
export function supervisionOf(spec: Spec): Supervision {
  if (spec.supervision !== undefined) return spec.supervision;
  const services = Object.values(spec.services);
  const more = services.some((service) => service.health !== undefined || service.heal !== undefined);
  return more || spec.heartbeat !== undefined ? "agent" : "systemd";
}

/** All that watching an application goes by. */
export function makeWatch(spec: Spec, target: Target): WatchFile {
  const { heartbeat } = spec;
  return {
    version: 1,
    app: spec.app,
    scope: target.scope,
    environment: spec.environment,
    supervision: supervisionOf(spec),
    namespace: target.scope === "system" ? logNamespace(spec.app) : null,
    heartbeat: heartbeat ? { url: heartbeat.url, every: heartbeat.every ?? minute } : null,
    services: Object.entries(spec.services).map(([name, service]) => makeRule(spec, name, service, target)),
  };
}

function makeRule(spec: Spec, name: string, service: ServiceSpec, target: Target): WatchRule {
  const memory = service.limits?.memory;
  return {
    service: name,
    unit: serviceUnit(spec, name),
    memoryLimit: memory === undefined || memory === Infinity ? null : memory,
    user: target.scope === "system" ? (spec.user ?? null) : null,
    directory: spec.directory,
    envFiles: [...envFiles(service).map((file) => resolvePath(spec, file)), ...optionalEnvFiles(service)],
    grace: service.grace ?? 30 * second,
    checks: makeChecks(spec, name, service, target),
    heal: makeHeal(service),
  };
}

function makeHeal(service: ServiceSpec): HealRule {
  const heal = service.heal ?? {};
  return {
    act: heal.do ?? "restart",
    runFirst: heal["run-first"] ?? null,
    limit: heal.limit ?? { count: 3, window: hour },
    crashes: heal.crashes ?? { count: 10, window: 6 * hour },
    atLimit: heal.then ?? "break",
    rearm: heal.rearm === undefined || heal.rearm === "by-hand" ? null : heal.rearm,
    proof: heal.proof ?? minute,
    recycle: heal.recycle ?? null,
    resetAfter: service.restart?.["reset-after"] ?? 30 * minute,
  };
}

/**
 * The unit itself is always looked at; it heals nothing, because systemd does that. heal.recycle is held against a look at
 * the memory of its own, twice in a row, so that a spike recycles nothing, and often: between it and the limit there may be
 * seconds only.
 */
function makeChecks(spec: Spec, name: string, service: ServiceSpec, target: Target): CheckRule[] {
  const declared = declaredChecks(service).map((one): CheckRule => {
    const { id, kind, check, common: value } = one;
    const defaults = defaultsOf[kind];
    return {
      id,
      look: lookOf(spec, name, kind, check, target),
      every: value.every ?? defaults.every ?? 15 * second,
      timeout: value.timeout ?? 10 * second,
      fails: value.fails ?? { count: defaults.fails ?? 3, of: defaults.fails ?? 3 },
      recovers: value.recovers ?? 2,
      severity: severityOf(one),
      heals: mayHeal(one),
      dependency: value.dependency ?? null,
      during: value.during === undefined ? null : makeDuring(spec, value.during),
      quick: value.quick ?? defaults.quick ?? true,
    };
  });
  const unit: CheckRule = {
    id: "unit",
    look: { kind: "unit" },
    every: minute,
    timeout: 10 * second,
    fails: { count: 1, of: 1 },
    recovers: 1,
    severity: "error",
    heals: false,
    dependency: null,
    during: null,
    quick: true,
  };
  return [unit, ...declared, ...recycleCheck(service)];
}

function recycleCheck(service: ServiceSpec): CheckRule[] {
  const atMost = service.heal?.recycle;
  if (atMost === undefined) return [];
  return [
    {
      id: "recycle",
      look: { kind: "memory", atMost, growth: null, lasting: 0 },
      every: 2 * second,
      timeout: 10 * second,
      fails: { count: 2, of: 2 },
      recovers: 2,
      severity: "warning",
      heals: false,
      dependency: null,
      during: null,
      quick: true,
    },
  ];
}

type Defaults = { every?: number; fails?: number; quick?: boolean };

const defaultsOf: Readonly<Record<Exclude<LookKind, "unit">, Defaults>> = {
  log: { fails: 1 },
  file: { fails: 1 },
  beat: { fails: 1 },
  http: {},
  tcp: {},
  tls: { every: hour, fails: 1, quick: false },
  dns: { quick: false },
  rpc: {},
  exec: { quick: false },
  sockets: {},
  memory: { fails: 1 },
  cpu: { fails: 1 },
  disk: { every: minute, fails: 1 },
  sqlite: { every: minute, fails: 1, quick: false },
  clock: { every: minute },
};

const levels = { error: 3, warning: 4, info: 6 } as const;

function lookOf(spec: Spec, service: string, kind: CheckKindName, check: CheckSpec, target: Target): Look {
  switch (kind) {
    case "log":
      return { kind, level: check.log!.level ? levels[check.log!.level] : 7, ...lines(check.log!) };
    case "file":
      return { kind, path: resolvePath(spec, check.file!.path), ...lines(check.file!) };
    case "beat":
      return { kind, path: beatFile(target.scope, spec, service), within: check.beat!.within };
    case "http": {
      const { url, status, body, json } = check.http!;
      const list = status === undefined ? [] : typeof status === "number" ? [status] : status;
      return {
        kind,
        url,
        status: list,
        body: body ?? null,
        json: json ?? {},
        fasterThan: check.http!["faster-than"] ?? null,
      };
    }
    case "tcp":
      return { kind, ...check.tcp!.to };
    case "tls": {
      const { to, file } = check.tls!;
      const path = file === undefined ? null : resolvePath(spec, file);
      return {
        kind,
        host: to?.host ?? null,
        port: to?.port ?? 443,
        file: path,
        validFor: check.tls!["valid-for"] ?? 14 * day,
      };
    }
    case "dns":
      return { kind, name: check.dns!.resolve };
    case "rpc": {
      const { url, method, params, progress } = check.rpc!;
      return {
        kind,
        url,
        method,
        params: params ?? [],
        progress: progress ?? null,
        fasterThan: check.rpc!["faster-than"] ?? null,
      };
    }
    case "exec":
      return { kind, argv: check.exec!.run };
    case "sockets":
      return {
        kind,
        port: check.sockets!.port ?? null,
        atLeast: check.sockets!["at-least"] ?? null,
        atMost: check.sockets!["at-most"] ?? null,
      };
    case "memory":
      return {
        kind,
        atMost: check.memory!["at-most"] ?? null,
        growth: check.memory!.growth ?? null,
        lasting: check.memory!.for ?? 0,
      };
    case "cpu":
      return { kind, atMost: check.cpu!["at-most"], lasting: check.cpu!.for ?? 5 * minute };
    case "disk":
      return {
        kind,
        path: resolvePath(spec, check.disk!.path ?? "."),
        free: check.disk!.free ?? { share: 0.1 },
        inodes: (check.disk!.inodes ?? 5) / 100,
        fullIn: check.disk!["full-in"] ?? null,
      };
    case "sqlite":
      return {
        kind,
        path: resolvePath(spec, check.sqlite!.path),
        integrity: check.sqlite!.integrity ?? true,
        atMost: check.sqlite!["at-most"] ?? null,
        growth: check.sqlite!.growth ?? null,
      };
    case "clock":
      return { kind, offset: check.clock!.offset ?? second };
  }
}

type Lines = Pick<NonNullable<CheckSpec["log"]>, "match" | "fresh" | "at-least" | "at-most">;

function lines(check: Lines) {
  return {
    match: check.match ?? null,
    fresh: check.fresh ?? null,
    atLeast: check["at-least"] ?? null,
    atMost: check["at-most"] ?? null,
  };
}

/** Declared hours by their name. The spec check has made sure that the name and its parts are known. */
export function makeDuring(spec: Spec, name: string): During {
  const window: WindowSpec = spec.windows?.[name] ?? {};
  return {
    name,
    calendar: window.calendar === undefined ? null : calendarRuleOf(spec, { calendar: window.calendar }),
    days: parseWeekdayList(window.days ?? "Mon..Sun") ?? [],
    hours: window.hours ?? null,
    zone: window.zone ?? spec.zone ?? "UTC",
  };
}
