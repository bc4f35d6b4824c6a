import type { During } from "./watch-rule.ts";
import type { Scope } from "../host/host.ts";
import type { ChannelSettings } from "./channel-kinds.ts";
import { severities, type Severity } from "../value/severity.ts";

/** A way to reach people, as declared. */
export type ChannelRule = {
  name: string;
  settings: ChannelSettings;
  /** Hours in which only critical messages are sent; the others wait. */
  quiet: During | null;
  /** More messages than this are put together into one; critical ones are not counted. */
  most: { count: number; window: number };
  /** Another channel, used when this one fails and it matters. */
  fallback: string | null;
  /** Whoever is behind it escalates by himself: later steps are left to him. */
  handOff: boolean;
  /** Who may acknowledge, mute and resolve in it, as the provider names them, such as telegram:12345. */
  mayAct: readonly string[];
};

/** A channel and, where it is not the channel's own, to whom: what a row of the outbox is addressed to. */
export type TargetRule = { id: string; channel: string; to: string | null };

/** Who is told at a step: a person or a role, or a channel by itself. */
export type ContactRule = {
  name: string;
  role: string | null;
  /** null: always. */
  hours: During | null;
  targets: readonly string[];
};

export type StepRule = {
  /** Such as L1. */
  level: string | null;
  contacts: readonly string[];
  /** Milliseconds after the step before; null: as long as an acknowledgement may take. */
  after: number | null;
  duties: readonly string[];
};

/** How incidents of one severity are told. No steps: on record only. Milliseconds. */
export type PolicyRule = {
  /** What people here call the severity, such as "High". */
  label: string;
  means: string | null;
  steps: readonly StepRule[];
  /** Only in the digest. */
  digest: boolean;
  /** By when somebody should have answered: set as a deadline on the incident. */
  respond: number | null;
  /** Without an acknowledgement for so long, the next step. */
  acknowledge: number;
  /** Not resolved for so long, acknowledged or not, the next step. */
  resolve: number | null;
  repeat: { every: number; times: number } | null;
  remind: number | null;
  /** How long an acknowledgement holds. */
  holds: number;
};

/** What can be told of, for notify.severity. */
export type SourceKind =
  | "gave-up"
  | "breaker"
  | "restarted"
  | "unknown"
  | "job"
  | "missed"
  | "away"
  | "drift"
  | "channel"
  | "audit"
  | "probation";

/** /etc/holdfast/tell/APP.json: whom an application's incidents are told, and how. */
export type TellFile = {
  version: 1;
  app: string;
  scope: Scope;
  channels: readonly ChannelRule[];
  targets: readonly TargetRule[];
  contacts: readonly ContactRule[];
  policies: Readonly<Record<Severity, PolicyRule>>;
  severity: Readonly<Partial<Record<SourceKind, Severity>>>;
  /** Services and jobs by their units, where those keep a name from before. */
  kept?: Readonly<Record<string, string>>;
  /** Jobs whose failure is critical. */
  criticalJobs: readonly string[];
  /** A failure that a heal may mend waits so long before anybody is told. */
  waitForHeal: number;
  /** Minutes after midnight; null: no digest. */
  digest: { at: number; zone: string; targets: readonly string[] } | null;
  /** Does apply show that each channel works, and a silent message once a week? */
  tests: boolean;
};

const minute = 60_000;
const hour = 60 * minute;

/** How it is without notify: everything is on record, and nobody is told. */
export function noTelling(app: string, scope: Scope): TellFile {
  const policy = (severity: Severity): PolicyRule => ({ ...defaultPolicy(severity), steps: [] });
  return {
    version: 1,
    app,
    scope,
    channels: [],
    targets: [],
    contacts: [],
    policies: Object.fromEntries(severities.map((name) => [name, policy(name)])) as TellFile["policies"],
    severity: {},
    criticalJobs: [],
    waitForHeal: 2 * minute,
    digest: null,
    tests: false,
  };
}

/** What a severity means when nothing else is said of it. */
export function defaultPolicy(severity: Severity): Omit<PolicyRule, "steps"> {
  return {
    label: severity,
    means: null,
    digest: severity === "info",
    respond: null,
    acknowledge: 10 * minute,
    resolve: null,
    repeat: severity === "critical" ? { every: hour, times: 5 } : null,
    remind: severity === "critical" ? 4 * hour : severity === "error" ? 24 * hour : null,
    holds: severity === "critical" || severity === "error" ? 4 * hour : 24 * hour,
  };
}

/** The file begins with our mark, which JSON has no place for. */
export function parseTellFile(text: string): TellFile {
  const file = JSON.parse(text.slice(text.indexOf("\n") + 1)) as TellFile;
  if (file.version !== 1)
    throw new Error(`it is of version ${String(file.version)}, and this Holdfast knows 1`);
  return file;
}
