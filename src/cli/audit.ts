import { dirname, resolve } from "node:path";
import { existsSync, readFileSync } from "node:fs";
import { Accounts } from "../audit/accounts.ts";
import type { Audit, AuditedApp } from "../audit/facts.ts";
import type { Finding, Unknown } from "../audit/finding.ts";
import { Look } from "../audit/look.ts";
import { readFacts } from "../audit/read-facts.ts";
import { eventsOfAudit } from "../audit/tell.ts";
import { auditApp, auditHost, summarise } from "../audit/run-audit.ts";
import type { Desired } from "../plan/desired.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import type { Spec } from "../spec/spec.ts";
import type { StoredFinding } from "../store/audit-findings.ts";
import { makeRedact } from "../value/redact.ts";
import { isWorse, severities, worstOf } from "../value/severity.ts";
import { chooseApp, installedApps } from "./choose.ts";
import { describeAudit, type AuditReport, type ReportedFinding } from "./describe-audit.ts";
import { compileFor, loadSpec } from "./load-spec.ts";
import { holdfastProgram, type Session } from "./session.ts";

export type AuditOptions = { quick?: boolean; host?: boolean; failOn: string };

/** holdfast audit: what is not as safe as it should be, with a fix for each. Exit 1 when something is as bad as --fail-on. */
export async function runAudit(
  session: Session,
  names: readonly string[],
  options: AuditOptions,
): Promise<number> {
  const failOn = readLevel(options.failOn);
  const now = Date.now();
  const { targets, unknown } = await chooseTargets(session, names, options);
  const audit = await openAudit(session, options.quick === true, now);
  const apps = await Promise.all(
    targets.map(({ desired, spec, directory }) => readFacts(audit, desired, spec, directory)),
  );
  // What runs as root and its updates are no business of a user's own services.
  const host = session.scope === "system" && (names.length === 0 || options.host === true);
  const results = await Promise.all([
    ...apps.map((app) => auditApp(audit, app)),
    ...(host ? [auditHost(audit)] : []),
  ]);
  const summary = masked(apps, summarise(results));
  const stored = store(session, summary, now);
  const findings = summary.findings.map((one) => reported(one, stored, now));
  const open = findings.filter(({ accepted }) => accepted === null);
  const worst = worstOf(open.map(({ severity }) => severity));
  const report: AuditReport = {
    quick: audit.quick,
    apps: apps.map(({ app }) => app),
    host,
    failOn,
    worst,
    failed: failOn !== "never" && worst !== null && !isWorse(failOn, worst),
    findings,
    gone: stored?.gone ?? [],
    unknown: [...unknown, ...summary.unknown, ...(stored === null ? [notStored] : [])],
    sandboxes: results.flatMap(({ sandboxes }) => sandboxes),
    stored: stored !== null,
    previous: stored?.previous ?? null,
  };
  session.out.result(report, describeAudit(report, session.out.style, session.scope));
  return report.failed ? exitCode.failed : exitCode.done;
}

const notStored: Unknown = {
  app: null,
  what: "what is new since the last audit",
  why: "this account may not write the record",
  fix: "sudo holdfast audit",
};

function readLevel(text: string): AuditReport["failOn"] {
  const level = severities.find((one) => one === text);
  if (level !== undefined) return level;
  if (text === "never") return "never";
  throw new HoldfastError(
    {
      severity: "error",
      code: "usage/bad-level",
      summary: `Cannot use the level "${text}": it is not one of ${severities.join(", ")} or never`,
      fix: "--fail-on warning",
    },
    exitCode.usage,
  );
}

type Target = { desired: Desired; spec: Spec | null; directory: string | null };

/** Applications that are installed; where none is, or none may be seen, the one of the spec at hand. */
async function chooseTargets(
  session: Session,
  names: readonly string[],
  options: AuditOptions,
): Promise<{ targets: Target[]; unknown: Unknown[] }> {
  if (options.host === true && names.length === 0) return { targets: [], unknown: [] };
  const { apps, unknown } = readInstalled(session);
  const atHand = readSpecAtHand(session, apps, names);
  if (typeof atHand === "function") return { targets: [await atHand()], unknown };
  const all = atHand === null ? apps : [atHand];
  const chosen = names.length === 0 ? all : [...new Set(names.map((name) => chooseApp(session, name)))];
  const targets = await Promise.all(
    chosen.map(async (app): Promise<Target> => {
      const { desired, specText } = (await session.currentGeneration(app))!;
      const { spec } = parseSpec(specText, fileOf(desired), {
        environment: desired.environment ?? undefined,
      });
      return { desired, spec, directory: beside(session, app) };
    }),
  );
  return { targets, unknown };
}

/** As the directives of its units name it. */
function fileOf({ artifacts }: Desired): string {
  const places = artifacts.flatMap(({ directives }) =>
    directives.flatMap(({ because }) => ("at" in because ? [because.at.file] : [])),
  );
  return places[0] ?? "holdfast.yaml";
}

function readInstalled(session: Session): { apps: string[]; unknown: Unknown[] } {
  try {
    return { apps: installedApps(session), unknown: [] };
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return {
      apps: [],
      unknown: [
        {
          app: null,
          what: "what is installed",
          why: error.diagnostics[0]!.summary,
          fix: "sudo holdfast audit",
        },
      ],
    };
  }
}

/**
 * What the spec at hand is of: an application that is installed, by its name, or else the one that it would be. null when
 * it is not asked for: something is installed and no file is named, or there is no spec here.
 */
function readSpecAtHand(
  session: Session,
  apps: readonly string[],
  names: readonly string[],
): (() => Promise<Target>) | string | null {
  const { file } = session.options;
  const meant = file !== "holdfast.yaml" || apps.length === 0;
  if (!meant || !existsSync(file)) return null;
  const { spec } = loadSpec(session);
  if (apps.includes(spec.app)) return spec.app;
  if (names.length > 0 && !names.includes(spec.app)) return null;
  return async () => ({
    desired: compileFor(await session.target(), spec).desired,
    spec,
    directory: dirname(resolve(file)),
  });
}

/** Where the spec lies, when the one at hand is this application's. What is wrong with it is not for an audit to say. */
function beside(session: Session, app: string): string | null {
  const { file, env } = session.options;
  try {
    const { spec } = parseSpec(readFileSync(file, "utf8"), file, { environment: env });
    return spec?.app === app ? dirname(resolve(file)) : null;
  } catch {
    return null;
  }
}

async function openAudit(session: Session, quick: boolean, now: number): Promise<Audit> {
  const host = await session.host();
  const look = new Look(host.files);
  const [passwd, group] = await Promise.all([look.text("/etc/passwd"), look.text("/etc/group")]);
  return {
    host,
    scope: session.scope,
    look,
    accounts: new Accounts(passwd.text ?? "", group.text ?? ""),
    self: process.getuid?.() ?? 0,
    quick,
    now,
    holdfast: holdfastProgram(),
  };
}

type Summary = ReturnType<typeof summarise>;

/** Findings name places and kinds only; should a value have come into one all the same, it goes no further. */
function masked(apps: readonly AuditedApp[], summary: Summary): Summary {
  const redact = makeRedact(
    apps.flatMap(({ known }) => known ?? []),
    { shapes: true },
  );
  const clean = <T extends object>(value: T): T =>
    Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, typeof one === "string" ? redact(one).text : one]),
    ) as T;
  return { ...summary, findings: summary.findings.map(clean), unknown: summary.unknown.map(clean) };
}

type Stored = {
  fresh: ReadonlySet<string>;
  gone: readonly StoredFinding[];
  all: ReadonlyMap<string, StoredFinding>;
  previous: number | null;
};

/** null when this account may not write the record. */
function store(session: Session, { findings, complete }: Summary, now: number): Stored | null {
  try {
    const { audits, watch } = session.writableRecord();
    const before = audits.list();
    const { fresh, gone } = audits.record(findings, complete, now, (earlier, later) => {
      for (const event of eventsOfAudit(earlier, later, now)) watch.addEvent(event);
    });
    return {
      fresh: new Set(fresh.map(identityOf)),
      gone,
      all: new Map(audits.list().map((one) => [identityOf(one), one])),
      previous:
        before.length === 0
          ? null
          : Math.max(...before.map(({ seen, gone: end }) => Math.max(seen, end ?? 0))),
    };
  } catch (error) {
    if (error instanceof HoldfastError || (error as NodeJS.ErrnoException).code === "EACCES") return null;
    throw error;
  }
}

function reported(one: Finding & { subject: string }, stored: Stored | null, now: number): ReportedFinding {
  const known = stored?.all.get(identityOf(one)) ?? null;
  const accepted = known?.accepted ?? null;
  return {
    ...one,
    new: stored?.fresh.has(identityOf(one)) ?? null,
    since: known?.since ?? null,
    accepted: accepted !== null && accepted.until > now ? accepted : null,
    ranOut: accepted !== null && accepted.until <= now ? accepted.until : null,
  };
}

function identityOf({ app, id, where }: { app: string | null; id: string; where: string }): string {
  return `${app ?? ""} ${id} ${where}`;
}
