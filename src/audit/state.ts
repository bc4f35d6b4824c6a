import { exposuresOf } from "./exposures.ts";
import { together, type Finding, type Found } from "./finding.ts";
import { finding, modeOf, trustedBy, type Audit, type AuditedApp } from "./facts.ts";
import { closeToChange, word } from "./fixes.ts";
import { readTree } from "./tree.ts";
import { isReachable, walkPath } from "./walk-path.ts";
import { listOf, whoMayRead } from "./who-may.ts";

const mostFiles = { quick: 1000, full: 20_000 };

/** Directories that services write to: they and what is in them belong to the service alone. */
export async function auditState(audit: Audit, app: AuditedApp): Promise<Found> {
  const owners = new Map<string, string>();
  for (const { service } of app.programs)
    for (const path of [...service.writes, ...service.ownDirectories])
      if (!owners.has(path)) owners.set(path, service.name);
  return together(
    await Promise.all([...owners].map(([path, service]) => auditDirectory(audit, app, service, path))),
  );
}

async function auditDirectory(audit: Audit, app: AuditedApp, service: string, path: string): Promise<Found> {
  const walked = await walkPath(audit.look, path);
  const trusted = trustedBy(audit, app.uid);
  const unknown =
    walked.trouble === null
      ? []
      : [{ app: app.app, what: path, why: walked.trouble, fix: "sudo holdfast audit" }];
  const findings: Finding[] = exposuresOf(audit, walked, path, {
    trusted,
    within: app.desired.directory,
    move: `write to another place than ${word(path)}: writes: in holdfast.yaml, or state-directory: ${app.app}`,
  }).map(({ where, step, somebody, says, fix }) =>
    finding(
      "audit/state-writable",
      "error",
      { app, service, where },
      says,
      step.path === path ? closeToChange(path, somebody, app.desired.user ?? "root") : fix,
    ),
  );
  const last = walked.steps.at(-1);
  if (walked.end === null || last === undefined) return { findings, unknown };
  const readers = whoMayRead(last.stat, audit.accounts, trusted);
  if (readers.some(({ how }) => how !== "owner") && isReachable(walked))
    findings.push(
      finding(
        "audit/state-readable",
        "warning",
        { app, service, where: path },
        `${path} has mode ${modeOf(last.stat.mode)}: ${listOf(readers)} may look into it`,
        `chmod go-rwx ${word(path)}`,
      ),
    );
  const most = audit.quick ? mostFiles.quick : mostFiles.full;
  const { entries, left } = await readTree(audit.look, walked.end, { most });
  const open = entries
    .slice(1)
    .filter(({ stat }) => stat.kind !== "link" && (stat.mode & 0o002) !== 0)
    .map((entry) => entry.path);
  if (open.length > 0)
    findings.push(
      finding(
        "audit/state-writable",
        "error",
        { app, service, where: `${path}/**` },
        `${open.length === 1 ? "one file" : `${open.length} files`} below ${path} may be changed by everybody: ${open.slice(0, 3).join(", ")}${open.length > 3 ? ", ..." : ""}`,
        `chmod -R o-w ${word(path)}`,
      ),
    );
  if (left !== null)
    unknown.push({
      app: app.app,
      what: `files below ${path}`,
      why: left,
      fix: left.startsWith("only") ? "" : "sudo holdfast audit",
    });
  return { findings, unknown: unknown.map((one) => ({ ...one, fix: one.fix === "" ? null : one.fix })) };
}
