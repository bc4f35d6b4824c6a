import type { Artifact } from "../compile/artifact.ts";
import type { Host, Properties, Scope } from "../host/host.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import type { Place } from "../report/diagnostic.ts";
import type { Severity } from "../value/severity.ts";
import type { Hidden } from "../value/redact.ts";
import type { Accounts } from "./accounts.ts";
import { catalog, type FindingId } from "./catalog.ts";
import type { Finding, Found } from "./finding.ts";
import type { Look } from "./look.ts";

/** A command of a unit as systemd has it in force. */
export type UnitCommand = {
  /** Such as "ExecStartPre". */
  key: string;
  path: string;
  argv: readonly string[];
  /** Marked with "+", "!" or "!!": it runs as root whatever User= says (systemd.service(5)). */
  asRoot: boolean;
};

/** What hardening: says of a service, and where. */
export type DeclaredHardening = { level: string; allow: readonly string[]; at: Place | null };

export type AuditedProgram = {
  service: DesiredService;
  artifact: Artifact;
  /** systemd knows the unit; otherwise what the spec says is looked at. */
  loaded: boolean;
  properties: Properties;
  commands: readonly UnitCommand[];
  /** Its environment as systemd gives it, files not included. */
  environment: ReadonlyMap<string, string>;
  pids: readonly number[];
  /** What drop-ins set, with the last file that does. */
  dropIns: ReadonlyMap<string, string>;
  hardening: DeclaredHardening | null;
};

export type AuditedApp = {
  app: string;
  desired: Desired;
  /** The account of its services; null in user scope, or when there is no such account yet. */
  uid: number | null;
  programs: readonly AuditedProgram[];
  /** Values that must be nowhere; null when some of them may not be read. */
  known: readonly Hidden[] | null;
  /** Where the spec was read from, when it lies beside its source. */
  specDirectory: string | null;
};

/** What all subjects share. */
export type Audit = {
  host: Host;
  scope: Scope;
  look: Look;
  accounts: Accounts;
  /** Of whoever is asking. */
  self: number;
  quick: boolean;
  /** The launcher that units call. */
  holdfast: string;
  now: number;
};

/** Looks at one thing of an application. */
export type AppSubject = (audit: Audit, app: AuditedApp) => Promise<Found>;
/** Looks at one thing of the host. */
export type HostSubject = (audit: Audit) => Promise<Found>;

/** root; in user scope also the user, whose own files all of it is. */
export function trustedBy(audit: Audit, also: number | null = null): ReadonlySet<number> {
  return new Set([0, ...(audit.scope === "user" ? [audit.self] : []), ...(also === null ? [] : [also])]);
}

export function finding(
  id: FindingId,
  severity: Severity,
  about: { app: AuditedApp | null; service?: string | null; where: string },
  says: string,
  fix: string,
): Finding {
  const { app, service = null, where } = about;
  return { id, severity, app: app?.app ?? null, service, where, says, why: catalog[id], fix };
}

/** "0640". */
export function modeOf(mode: number): string {
  return `0${(mode & 0o7777).toString(8).padStart(3, "0")}`;
}
