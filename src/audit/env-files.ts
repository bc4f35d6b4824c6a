import type { FileStat } from "../host/host.ts";
import { exposuresOf } from "./exposures.ts";
import { together, type Found } from "./finding.ts";
import { finding, modeOf, trustedBy, type Audit, type AuditedApp } from "./facts.ts";
import { word } from "./fixes.ts";
import { envFilesOf } from "./env-sources.ts";
import { isReachable, walkPath } from "./walk-path.ts";
import { listOf, whoMayRead } from "./who-may.ts";

/** Environment files are for root alone: systemd reads them before the service starts. */
export async function auditEnvFiles(audit: Audit, app: AuditedApp): Promise<Found> {
  const files = new Map<string, string>();
  for (const program of app.programs)
    for (const path of envFilesOf(program)) if (!files.has(path)) files.set(path, program.service.name);
  return together(
    await Promise.all([...files].map(([path, service]) => auditEnvFile(audit, app, service, path))),
  );
}

async function auditEnvFile(audit: Audit, app: AuditedApp, service: string, path: string): Promise<Found> {
  const walked = await walkPath(audit.look, path);
  if (walked.trouble !== null)
    return {
      findings: [],
      unknown: [{ app: app.app, what: path, why: walked.trouble, fix: "sudo holdfast audit" }],
    };
  const last = walked.steps.at(-1)!;
  if (walked.end === null || last.stat.kind !== "file") return { findings: [], unknown: [] };
  const about = { app, service, where: path };
  const trusted = trustedBy(audit, app.uid);
  const findings = [];
  const readers = whoMayRead(last.stat, audit.accounts, trusted);
  const loose = (last.stat.mode & 0o044) !== 0;
  if (loose) {
    // A directory above that is shut protects it, as long as it stays so; a group of nobody else is loose all the same.
    const reached = readers.length > 0 && isReachable(walked);
    findings.push(
      finding(
        "audit/env-file-readable",
        reached ? "error" : "warning",
        about,
        `${path} has mode ${modeOf(last.stat.mode)}: ${describeReaders(audit, last.stat, readers.length > 0 ? listOf(readers) : null, reached)}`,
        `chmod 600 ${word(last.path)}`,
      ),
    );
  }
  const options = {
    trusted,
    within: app.desired.directory,
    move: `install -D -o root -g root -m 600 ${word(path)} ${word(`/etc/${app.app}/${service}.env`)}, write that into env.file, and holdfast apply`,
  };
  for (const { where, says, fix } of exposuresOf(audit, walked, path, options))
    findings.push(finding("audit/env-file-writable", "error", { app, service, where }, says, fix));
  if (audit.scope === "system" && app.uid !== null && app.uid !== 0 && last.stat.uid === app.uid)
    findings.push(
      finding(
        "audit/env-file-of-service",
        "warning",
        about,
        `${path} belongs to ${audit.accounts.user(app.uid)}, the account of the service`,
        `chown root: ${word(last.path)} && chmod 600 ${word(last.path)}`,
      ),
    );
  return { findings, unknown: [] };
}

function describeReaders(audit: Audit, stat: FileStat, readers: string | null, reached: boolean): string {
  if (readers === null) return `group ${audit.accounts.group(stat.gid)} may read it`;
  if (!reached) return `${readers} could read it, were a directory above not shut`;
  return `${readers} may read it`;
}
