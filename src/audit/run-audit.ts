import { auditBackups } from "./backups.ts";
import { auditCode } from "./code.ts";
import { auditCredentials } from "./credentials.ts";
import { auditEnvFiles } from "./env-files.ts";
import type { AppSubject, Audit, AuditedApp, HostSubject } from "./facts.ts";
import { together, type Finding, type Found, type Unknown } from "./finding.ts";
import { auditListeners } from "./listeners.ts";
import { auditPackages } from "./packages.ts";
import { auditRootRuns } from "./root-run.ts";
import { auditSandbox, type Sandbox } from "./sandbox.ts";
import { auditSearchPaths } from "./search-path.ts";
import { auditSecretsInGit } from "./secrets-in-git.ts";
import { auditSecretsInJournal } from "./secrets-in-journal.ts";
import { auditSecretsInProcesses } from "./secrets-in-processes.ts";
import { auditSecretsInUnits } from "./secrets-in-units.ts";
import { auditState } from "./state.ts";
import { auditUnitFiles } from "./unit-files.ts";
import { auditUpdates } from "./updates.ts";

/** Slow ones are left out of a quick audit. */
const appSubjects: Readonly<Record<string, { look: AppSubject; slow?: true }>> = {
  "unit files": { look: auditUnitFiles },
  "environment files": { look: auditEnvFiles },
  code: { look: auditCode },
  PATH: { look: auditSearchPaths },
  credentials: { look: auditCredentials },
  state: { look: auditState },
  backups: { look: auditBackups },
  "secrets in units": { look: auditSecretsInUnits },
  "secrets in processes": { look: auditSecretsInProcesses },
  listeners: { look: auditListeners },
  "secrets in the journal": { look: auditSecretsInJournal, slow: true },
  "secrets in git": { look: auditSecretsInGit, slow: true },
  packages: { look: auditPackages, slow: true },
};

const hostSubjects: Readonly<Record<string, { look: HostSubject; slow?: true }>> = {
  "what root runs": { look: auditRootRuns },
  updates: { look: auditUpdates },
};

/** What one part of an audit found, and the name of the part: what it was not asked about it cannot say is gone. */
export type SubjectResult = { app: string | null; subject: string; found: Found; complete: boolean };

export type AuditResult = { parts: readonly SubjectResult[]; sandboxes: readonly Sandbox[] };

/** Looks at everything of an application. A subject that fails is one that nobody knows about. */
export async function auditApp(audit: Audit, app: AuditedApp): Promise<AuditResult> {
  const subjects = Object.entries(appSubjects).filter(([, { slow }]) => !(slow && audit.quick));
  const [parts, sandbox] = await Promise.all([
    Promise.all(
      subjects.map(async ([subject, { look }]) => ({
        app: app.app,
        subject,
        // Without the secrets themselves the places where they are cannot be told from others.
        ...(await part(app.app, subject, app.known !== null || !subject.startsWith("secrets"), () =>
          look(audit, app),
        )),
      })),
    ),
    orUnknown(app.app, "sandbox", () => auditSandbox(audit, app)),
  ]);
  const sandboxes = "sandboxes" in sandbox ? sandbox.sandboxes : [];
  const known: SubjectResult[] =
    app.known !== null
      ? []
      : [
          {
            app: app.app,
            subject: "secrets",
            complete: false,
            found: {
              findings: [],
              unknown: [
                {
                  app: app.app,
                  what: "where the application's own secrets are",
                  why: "this account may not read all of them, so only what looks like a secret is found",
                  fix: "sudo holdfast audit",
                },
              ],
            },
          },
        ];
  const shut = { app: app.app, subject: "sandbox", found: sandbox, complete: sandbox.unknown.length === 0 };
  return { parts: [...parts, shut, ...known], sandboxes };
}

/** Looks at what is of no application. */
export async function auditHost(audit: Audit): Promise<AuditResult> {
  const subjects = Object.entries(hostSubjects).filter(([, { slow }]) => !(slow && audit.quick));
  const parts = await Promise.all(
    subjects.map(async ([subject, { look }]) => ({
      app: null,
      subject,
      ...(await part(null, subject, true, () => look(audit))),
    })),
  );
  return { parts, sandboxes: [] };
}

async function part(
  app: string | null,
  subject: string,
  whole: boolean,
  look: () => Promise<Found>,
): Promise<{ found: Found; complete: boolean }> {
  const found = await orUnknown(app, subject, look);
  return { found, complete: whole && found.unknown.length === 0 };
}

async function orUnknown<T extends Found>(
  app: string | null,
  what: string,
  look: () => Promise<T>,
): Promise<Found | T> {
  try {
    return await look();
  } catch (error) {
    return {
      findings: [],
      unknown: [{ app, what, why: `it could not be looked at: ${(error as Error).message}`, fix: null }],
    };
  }
}

/** What is known afterwards: findings with the part that found them, the worst first. */
export function summarise(results: readonly AuditResult[]): {
  findings: readonly (Finding & { subject: string })[];
  unknown: readonly Unknown[];
  /** Parts that were looked at in full, by application: only of them can a finding be gone. */
  complete: readonly { app: string | null; subject: string }[];
} {
  const parts = results.flatMap((result) => result.parts);
  const all = together(parts.map(({ found }) => found));
  const subjectOf = new Map(
    parts.flatMap(({ subject, found }) => found.findings.map((one) => [identityOf(one), subject] as const)),
  );
  return {
    findings: all.findings.map((one) => ({ ...one, subject: subjectOf.get(identityOf(one))! })),
    unknown: all.unknown,
    complete: parts.filter((one) => one.complete).map(({ app, subject }) => ({ app, subject })),
  };
}

function identityOf({ app, id, where }: Finding): string {
  return `${app ?? ""} ${id} ${where}`;
}
