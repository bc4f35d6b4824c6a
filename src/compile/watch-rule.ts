import type { Scope } from "../host/host.ts";
import type { UnitName } from "../value/unit-name.ts";

/** Who watches: nobody but systemd, a timer, or the resident agent. */
export type Supervision = "systemd" | "probes" | "agent";

/** Counts matching lines by their time. Milliseconds. */
export type LineRule = {
  match: string | null;
  fresh: number | null;
  atLeast: { count: number; window: number } | null;
  atMost: { count: number; window: number } | null;
};

/** A part (0 to 1) of the limit that applies, or bytes. */
export type ShareRule = { share: number } | { bytes: number };
export type GrowthRule = { bytes: number; window: number };

/** What a check looks at. Times in milliseconds, sizes in bytes, paths absolute. */
export type Look =
  | { kind: "unit" }
  | ({ kind: "log"; /** Syslog level and worse; 7 is all. */ level: number } & LineRule)
  | ({ kind: "file"; path: string } & LineRule)
  | { kind: "beat"; path: string; within: number }
  | {
      kind: "http";
      url: string;
      /** Empty means 200 to 299. */
      status: readonly number[];
      body: string | null;
      json: Readonly<Record<string, string>>;
      fasterThan: number | null;
    }
  | { kind: "tcp"; host: string; port: number }
  | { kind: "tls"; host: string | null; port: number; file: string | null; validFor: number }
  | { kind: "dns"; name: string }
  | {
      kind: "rpc";
      /** An address, or $NAME of a variable in the service's environment: it may hold a secret. */
      url: string;
      method: string;
      params: readonly string[];
      progress: number | null;
      fasterThan: number | null;
    }
  | { kind: "exec"; argv: readonly string[] }
  | { kind: "sockets"; port: number | null; atLeast: number | null; atMost: number | null }
  | { kind: "memory"; atMost: ShareRule | null; growth: GrowthRule | null; lasting: number }
  | { kind: "cpu"; /** Percent of one core. */ atMost: number; lasting: number }
  | { kind: "disk"; path: string; free: ShareRule; /** 0 to 1. */ inodes: number; fullIn: number | null }
  | {
      kind: "sqlite";
      path: string;
      integrity: boolean;
      atMost: ShareRule | null;
      growth: GrowthRule | null;
    }
  | { kind: "clock"; offset: number };

export type LookKind = Look["kind"];

/** Hours in which a check is made; outside of them it is skipped. */
export type During = {
  name: string;
  calendar: { base: string; closed: readonly string[]; half: Readonly<Record<string, string>> } | null;
  /** ISO weekdays, 1 is Monday. */
  days: readonly number[];
  /** Minutes from midnight; past midnight when `to` is not after `from`. */
  hours: { from: number; to: number } | null;
  zone: string;
};

export type CheckRule = {
  /** Unique within its service. */
  id: string;
  look: Look;
  every: number;
  timeout: number;
  fails: { count: number; of: number };
  recovers: number;
  severity: "error" | "warning";
  heals: boolean;
  dependency: string | null;
  during: During | null;
  quick: boolean;
};

export type HealRule = {
  act: "restart" | "reload" | "alert-only";
  runFirst: readonly string[] | null;
  limit: { count: number; window: number };
  crashes: { count: number; window: number };
  atLimit: "break" | "leave";
  /** null: only by hand. */
  rearm: number | null;
  proof: number;
  recycle: ShareRule | null;
  /** null: systemd's own count is left alone. */
  resetAfter: number | null;
};

/** All that watching goes by for one service; plain data, small on purpose: the agent holds one for every service. */
export type WatchRule = {
  service: string;
  unit: UnitName;
  /** Where its processes' memory limit is, in bytes; null without one. */
  memoryLimit: number | null;
  user: string | null;
  /** For exec checks and run-first. */
  directory: string;
  envFiles: readonly string[];
  grace: number;
  checks: readonly CheckRule[];
  heal: HealRule;
};

/** The watch file of an application: /etc/holdfast/watch/APP.json. */
export type WatchFile = {
  version: 1;
  app: string;
  scope: Scope;
  environment: string | null;
  supervision: Supervision;
  /** Journal namespace of the application's units; null in user scope. */
  namespace: string | null;
  heartbeat: { url: string; every: number } | null;
  services: readonly WatchRule[];
};

/** The file begins with our mark, which JSON has no place for. */
export function parseWatchFile(text: string): WatchFile {
  return JSON.parse(text.slice(text.indexOf("\n") + 1)) as WatchFile;
}
