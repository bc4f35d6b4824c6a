import { basename } from "node:path";
import { holdersOfSecrets } from "../plan/desired.ts";
import { exposuresOf } from "./exposures.ts";
import { together, type Finding, type Found } from "./finding.ts";
import { finding, modeOf, trustedBy, type Audit, type AuditedApp } from "./facts.ts";
import { word } from "./fixes.ts";
import { isReachable, walkPath } from "./walk-path.ts";
import { listOf, whoMayRead } from "./who-may.ts";

/** The files behind secrets, and their encrypted copies, of services and of channels. */
export async function auditCredentials(audit: Audit, app: AuditedApp): Promise<Found> {
  const paths = new Map<string, string>();
  for (const { name, secrets } of holdersOfSecrets(app.desired))
    for (const { source, encrypted } of secrets)
      for (const path of [source, encrypted]) if (path !== null) paths.set(path, name);
  return together(
    await Promise.all([...paths].map(([path, service]) => auditCredential(audit, app, service, path))),
  );
}

async function auditCredential(audit: Audit, app: AuditedApp, service: string, path: string): Promise<Found> {
  const walked = await walkPath(audit.look, path);
  if (walked.trouble !== null)
    return {
      findings: [],
      unknown: [{ app: app.app, what: path, why: walked.trouble, fix: "sudo holdfast audit" }],
    };
  if (walked.end === null) return { findings: [], unknown: [] };
  const trusted = trustedBy(audit, app.uid);
  const { stat, path: real } = walked.steps.at(-1)!;
  const findings: Finding[] = [];
  if ((stat.mode & 0o077) !== 0) {
    const readers = whoMayRead(stat, audit.accounts, trusted);
    const reached = readers.length > 0 && isReachable(walked);
    findings.push(
      finding(
        "audit/credential-readable",
        reached ? "critical" : "warning",
        { app, service, where: path },
        `${path} has mode ${modeOf(stat.mode)}: ${reached ? `${listOf(readers)} may read it` : "only a directory above, or an empty group, keeps others from it"}`,
        `chmod 600 ${word(real)}`,
      ),
    );
  }
  const options = {
    trusted,
    within: null,
    move: `install -D -o root -g root -m 600 ${word(path)} ${word(`/etc/${app.app}/${basename(path)}`)}, name that in secrets:, and holdfast apply`,
  };
  for (const { where, says, fix } of exposuresOf(audit, walked, path, options))
    findings.push(finding("audit/credential-writable", "error", { app, service, where }, says, fix));
  return { findings, unknown: [] };
}
