import { basename, dirname, join } from "node:path";
import { textOf } from "../host/properties.ts";
import type { RunResult } from "../host/host.ts";
import { together, type Finding, type Found } from "./finding.ts";
import { finding, type Audit, type AuditedApp } from "./facts.ts";
import { asAccount } from "./run-as.ts";
import { word } from "./fixes.ts";
import { auditors, type Auditor, type Advisory } from "./package-auditors.ts";

/** An auditor asks a server of its own; where none answers it gives up by itself long before. */
const patience = 90_000;
const nobody = { uid: 65_534, gid: 65_534 };

/**
 * Known holes in packages, as the language's own auditor tells: it runs on copies of the lock files in a directory that goes
 * afterwards, as the account of the service, for a limited time. One that cannot ask its server makes it unknown.
 */
export async function auditPackages(audit: Audit, app: AuditedApp): Promise<Found> {
  const directory = app.desired.directory;
  const found = await Promise.all(
    auditors.map(async (auditor) => {
      const lock = await auditor.find(audit.look, directory);
      return lock === null ? { findings: [], unknown: [] } : runAuditor(audit, app, auditor, lock);
    }),
  );
  return together(found);
}

async function runAuditor(audit: Audit, app: AuditedApp, auditor: Auditor, lock: string): Promise<Found> {
  const account = accountOf(audit, app);
  const scratch = await makeScratch(audit, account);
  const about = `packages of ${lock}`;
  if (scratch === null) return unknown(app, about, "no directory could be made for it", null);
  try {
    const copied = await copyFiles(audit, auditor, lock, scratch, account);
    const result = await audit.host.run(
      [
        ...asAccount(audit, account),
        "/usr/bin/env",
        "-i",
        `--chdir=${auditor.inPlace ? app.desired.directory : scratch}`,
        `HOME=${scratch}`,
        `PATH=${process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"}`,
        "LC_ALL=C.UTF-8",
        ...(auditor.environment ?? []),
        ...auditor.argv(copied ?? lock),
      ],
      { timeout: patience },
    );
    return read(app, auditor, lock, result);
  } finally {
    await audit.host.run([...asAccount(audit, account), "/usr/bin/rm", "-rf", "--", scratch]);
  }
}

function read(app: AuditedApp, auditor: Auditor, lock: string, result: RunResult): Found {
  const about = `packages of ${lock}`;
  if (result.status === 127 || result.status === 126)
    return unknown(
      app,
      about,
      `${auditor.name} is not installed, or this account may not run it`,
      auditor.install,
    );
  if (result.signal !== null) return unknown(app, about, `${auditor.name} took longer than 90 s`, null);
  const advisories = auditor.read(result.stdout);
  if (advisories === null)
    return unknown(
      app,
      about,
      `${auditor.name} gave no answer (status ${result.status}): no network, most likely`,
      null,
    );
  const byPackage = Map.groupBy(advisories, ({ name }) => name);
  return {
    findings: [...byPackage].map(([name, list]) => describe(app, auditor, lock, name, list)),
    unknown: [],
  };
}

function describe(
  app: AuditedApp,
  auditor: Auditor,
  lock: string,
  name: string,
  list: readonly Advisory[],
): Finding {
  const worst = list.some(({ severity }) => severity === "error")
    ? "error"
    : list.some(({ severity }) => severity === "warning")
      ? "warning"
      : "info";
  const titles = [...new Set(list.map(({ title }) => title))];
  return finding(
    "audit/vulnerable-package",
    worst,
    { app, where: `${lock} ${name}` },
    `${name}${list[0]!.version === null ? "" : ` ${list[0]!.version}`} has known holes: ${titles.slice(0, 2).join("; ")}${titles.length > 2 ? `; ${titles.length - 2} more` : ""}`,
    `in ${word(dirname(lock))}: ${auditor.fix(name, list)}, then holdfast apply`,
  );
}

function unknown(app: AuditedApp, what: string, why: string, fix: string | null): Found {
  return { findings: [], unknown: [{ app: app.app, what, why, fix }] };
}

/** The service's own; never root: what an auditor reads was written by strangers. */
function accountOf(audit: Audit, app: AuditedApp): { uid: number; gid: number } {
  if (audit.self !== 0) return { uid: audit.self, gid: audit.self };
  if (app.uid === null || app.uid === 0) return nobody;
  const gid = app.programs
    .map(({ properties }) => textOf(properties, "Group"))
    .find((name) => /^\d+$/.test(name));
  return { uid: app.uid, gid: gid === undefined ? app.uid : Number(gid) };
}

/** All of it is done by the account itself: root would follow whatever the account puts in its way. */
async function makeScratch(audit: Audit, account: { uid: number; gid: number }): Promise<string | null> {
  const { status, stdout } = await audit.host.run([
    ...asAccount(audit, account),
    "/usr/bin/mktemp",
    "--directory",
    "--tmpdir=/tmp",
    "holdfast-audit.XXXXXXXXXX",
  ]);
  const path = stdout.trim();
  return status === 0 && path.startsWith("/tmp/") ? path : null;
}

/** Copies of the lock file and what belongs to it; null when the auditor reads in place. */
async function copyFiles(
  audit: Audit,
  auditor: Auditor,
  lock: string,
  scratch: string,
  account: { uid: number; gid: number },
): Promise<string | null> {
  if (auditor.copies === null) return null;
  for (const name of auditor.copies) {
    const { text } = await audit.look.text(join(dirname(lock), name));
    if (text === null) continue;
    await audit.host.run([...asAccount(audit, account), "/usr/bin/tee", "--", join(scratch, name)], {
      stdin: text,
    });
  }
  return join(scratch, basename(lock));
}
