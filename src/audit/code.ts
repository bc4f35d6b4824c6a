import { basename, isAbsolute, join } from "node:path";
import { together, type Finding, type Found, type Unknown } from "./finding.ts";
import { exposuresOf } from "./exposures.ts";
import { finding, trustedBy, type Audit, type AuditedApp, type AuditedProgram } from "./facts.ts";
import { closeToChange, isSharedPlace, takeOver, word } from "./fixes.ts";
import { scriptParts } from "./script-parts.ts";
import { readTree } from "./tree.ts";
import { walkPath, type Step } from "./walk-path.ts";
import { listOf, whoMayChange, type Somebody } from "./who-may.ts";

const mostFiles = { quick: 4000, full: 100_000 };
/** Not code of the program, and large. */
const notCode = new Set([".git", "__pycache__"]);

/** Programs, scripts, interpreters and everything beside them: nobody but root may change what runs. */
export async function auditCode(audit: Audit, app: AuditedApp): Promise<Found> {
  const programs = together(
    await Promise.all(
      app.programs.flatMap((program) => [
        auditProgramFiles(audit, app, program, false),
        auditProgramFiles(audit, app, program, true),
      ]),
    ),
  );
  const said = new Set(programs.findings.map(({ where }) => where));
  return together([programs, await auditTree(audit, app, said)]);
}

/** Every file that the commands of a unit name, with all directories on the way. */
async function auditProgramFiles(
  audit: Audit,
  app: AuditedApp,
  program: AuditedProgram,
  asRoot: boolean,
): Promise<Found> {
  const { service } = program;
  const isRoot = audit.scope === "system" && app.desired.user === "root";
  const commands = program.commands.filter((command) => (command.asRoot || isRoot) === asRoot);
  const files = new Set<string>();
  for (const command of commands)
    for (const path of await scriptParts(audit.look, app.desired.directory, command))
      if (!isWritten(program, path)) files.add(path);
  const found = await Promise.all(
    [...files].map((path) => auditPath(audit, app, service.name, path, asRoot)),
  );
  return together(found);
}

/** What the service writes is no code, or a mistake that its own finding tells. */
function isWritten({ service }: AuditedProgram, path: string): boolean {
  return [...service.writes, ...service.ownDirectories].some(
    (directory) => path === directory || path.startsWith(`${directory}/`),
  );
}

/** One finding for each place on the way that somebody may change. */
export async function auditPath(
  audit: Audit,
  app: AuditedApp | null,
  service: string | null,
  path: string,
  asRoot: boolean,
  what = path,
): Promise<Found> {
  const walked = await walkPath(audit.look, path);
  const own = asRoot || app === null ? null : app.uid;
  const trusted = trustedBy(audit);
  const within = app?.desired.directory ?? null;
  const move = asRoot
    ? `install -o root -g root -m 755 ${word(path)} ${word(`/usr/local/sbin/${basename(path)}`)}, and have it run from there`
    : `move the program to a directory of root's, such as /opt/${app?.app ?? "NAME"}, write that into directory:, and holdfast apply`;
  // Whoever comes first after the file was cleaned away puts his own there.
  const shared = asRoot ? walked.steps.find((step) => isSharedPlace(step) && step.holds !== null) : undefined;
  const findings: Finding[] =
    shared === undefined
      ? []
      : [
          finding(
            "audit/root-code-writable",
            "error",
            { app, service, where: path },
            `root runs ${what}, below ${shared.path}, where everybody may put files`,
            move,
          ),
        ];
  for (const { where, step, somebody, says, fix } of exposuresOf(audit, walked, path, {
    trusted,
    within,
    move,
    what,
  })) {
    const others = somebody.filter(({ how, uids }) => how === "everybody" || uids.some((uid) => uid !== own));
    const about = { app, service, where };
    if (asRoot)
      findings.push(finding("audit/root-code-writable", "critical", about, `${says}, and root runs it`, fix));
    else if (others.length > 0) findings.push(finding("audit/code-writable", "error", about, says, fix));
    else findings.push(finding("audit/code-of-service", "warning", about, says, ownerFix(step, app, move)));
  }
  const unknown: Unknown[] =
    walked.trouble === null
      ? []
      : [{ app: app?.app ?? null, what: path, why: walked.trouble, fix: "sudo holdfast audit" }];
  return { findings: topmost(findings), unknown };
}

/** The whole tree belongs to the service; what it writes to stays its own. */
function ownerFix({ path, stat }: Step, app: AuditedApp | null, move: string): string {
  const within = app?.desired.directory;
  const own = within !== undefined && (path === within || path.startsWith(`${within}/`));
  if (!own) return move;
  if (stat.kind !== "directory") return `chown -h root ${word(path)}`;
  return takeOver(path, app!.desired.user, writesOf(app!));
}

function writesOf(app: AuditedApp): string[] {
  return app.desired.services.flatMap(({ writes, ownDirectories }) => [...writes, ...ownDirectories]);
}

/** Of a tree that belongs to the service the first directory says it all. */
function topmost(findings: readonly Finding[]): Finding[] {
  const first = findings.find(({ id }) => id === "audit/code-of-service");
  return findings.filter((one) => one.id !== "audit/code-of-service" || one === first);
}

/** Files beside the program, and not `said` yet, that a group or everybody may change; one finding for the whole tree. */
async function auditTree(audit: Audit, app: AuditedApp, said: ReadonlySet<string>): Promise<Found> {
  const { directory } = app.desired;
  // A whole host is no application.
  if (!isAbsolute(directory) || directory.split("/").filter(Boolean).length < 2)
    return { findings: [], unknown: [] };
  const skips = new Set(writesOf(app));
  const most = audit.quick ? mostFiles.quick : mostFiles.full;
  const { entries, left } = await readTree(audit.look, directory, { most, skips, skipNames: notCode });
  const trusted = trustedBy(audit, app.uid);
  const open = entries.flatMap(({ path, stat }) => {
    const somebody = whoMayChange(stat, audit.accounts, trusted);
    return somebody.length === 0 || stat.kind === "link" || said.has(path) ? [] : [{ path, somebody }];
  });
  const unknown =
    left === null ? [] : [{ app: app.app, what: `code below ${directory}`, why: left, fix: null }];
  if (open.length === 0) return { findings: [], unknown };
  return {
    findings: [
      finding(
        "audit/code-writable",
        "error",
        { app, where: join(directory, "**") },
        `${open.length === 1 ? "one file or directory" : `${open.length} files and directories`} below ${directory} may be changed by others: ${open
          .slice(0, 3)
          .map(({ path, somebody }) => `${path} by ${listOf(somebody)}`)
          .join(", ")}${open.length > 3 ? ", ..." : ""}`,
        treeFix(app, open),
      ),
    ],
    unknown,
  };
}

function treeFix(app: AuditedApp, open: readonly { path: string; somebody: readonly Somebody[] }[]): string {
  if (open.length === 1) return closeToChange(open[0]!.path, open[0]!.somebody);
  const { directory, user } = app.desired;
  const owners = open.some(({ somebody }) => somebody.some(({ how }) => how === "owner"));
  const shut = `chmod -R go-w ${word(directory)}`;
  return owners ? `${takeOver(directory, user, writesOf(app))} && ${shut}` : shut;
}
