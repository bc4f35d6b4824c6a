import { join } from "node:path";
import type { Found, Finding, Unknown } from "./finding.ts";
import { together } from "./finding.ts";
import { finding, type Audit, type AuditedApp } from "./facts.ts";
import { envFilesOf } from "./env-sources.ts";
import { word } from "./fixes.ts";
import { asAccount } from "./run-as.ts";
import { makeFindSecrets } from "./secret-lines.ts";

const mostFiles = 5000;
const mostBytes = 16 * 1024 * 1024;
const mostOfOne = 256 * 1024;
const patience = 10_000;

/** Secrets in files that git tracks, beside the program and beside the spec. */
export async function auditSecretsInGit(audit: Audit, app: AuditedApp): Promise<Found> {
  const directories = [
    ...new Set([app.desired.directory, ...(app.specDirectory === null ? [] : [app.specDirectory])]),
  ];
  return together(await Promise.all(directories.map((directory) => auditRepository(audit, app, directory))));
}

async function auditRepository(audit: Audit, app: AuditedApp, directory: string): Promise<Found> {
  const git = await gitIn(audit, directory);
  if (git === null) return { findings: [], unknown: [] };
  const { status, signal, stdout, stderr } = await git(["ls-files", "-z"]);
  if (status !== 0) {
    if (/not a git repository/.test(stderr)) return { findings: [], unknown: [] };
    const why =
      status === 127
        ? "git is not installed"
        : signal !== null
          ? "git took too long"
          : (stderr.split("\n")[0] ?? "");
    const unknown: Unknown[] = [
      {
        app: app.app,
        what: `files that git tracks below ${directory}`,
        why,
        fix: status === 127 ? "apt install git" : null,
      },
    ];
    return { findings: [], unknown };
  }
  const tracked = stdout.split("\0").filter((name) => name !== "");
  const found = await Promise.all([
    readTracked(audit, app, directory, tracked),
    auditEnvFiles(audit, app, directory, tracked, git),
  ]);
  return together(found);
}

async function readTracked(
  audit: Audit,
  app: AuditedApp,
  directory: string,
  tracked: readonly string[],
): Promise<Found> {
  const find = makeFindSecrets(app.known ?? []);
  const findings: Finding[] = [];
  let room = mostBytes;
  let left =
    tracked.length > mostFiles ? `only the first ${mostFiles} of ${tracked.length} files were read` : null;
  for (const name of tracked.slice(0, mostFiles)) {
    const path = join(directory, name);
    const { stat } = await audit.look.stat(path);
    // Not what a link leads to: that is not in the repository.
    if (stat?.kind !== "file" || stat.size > mostOfOne) continue;
    if ((room -= stat.size) < 0) {
      left = "only the first 16 MiB were read";
      break;
    }
    const { text } = await audit.look.text(path);
    if (text === null || text.slice(0, 8192).includes("\0")) continue;
    const secrets = find(text);
    const [first] = secrets;
    if (first === undefined) continue;
    findings.push(
      finding(
        "audit/secret-in-git",
        secrets.some(({ known }) => known) ? "critical" : "error",
        { app, where: path },
        `${path}:${first.line}: git tracks ${first.kind}${secrets.length === 1 ? "" : `, and ${secrets.length - 1} more`}`,
        `get a new value from whoever gave it, put it into a file that git does not track, and: git -C ${word(directory)} rm --cached ${word(name)}, or take the line out and commit`,
      ),
    );
  }
  const unknown =
    left === null
      ? []
      : [{ app: app.app, what: `files that git tracks below ${directory}`, why: left, fix: null }];
  return { findings, unknown };
}

/** Environment files of the application are neither tracked nor about to be. */
async function auditEnvFiles(
  _audit: Audit,
  app: AuditedApp,
  directory: string,
  tracked: readonly string[],
  git: Git,
): Promise<Found> {
  const known = new Set(tracked);
  const files = new Set(app.programs.flatMap(envFilesOf).filter((path) => path.startsWith(`${directory}/`)));
  const findings = await Promise.all(
    [...files].map(async (path) => {
      const name = path.slice(directory.length + 1);
      if (known.has(name))
        return finding(
          "audit/env-file-in-git",
          "error",
          { app, where: path },
          `git tracks ${path}`,
          `git -C ${word(directory)} rm --cached ${word(name)} && echo ${word(`/${name}`)} >> ${word(join(directory, ".gitignore"))}, and commit`,
        );
      const { status } = await git(["check-ignore", "--quiet", "--", name]);
      return status === 1
        ? finding(
            "audit/env-file-not-ignored",
            "warning",
            { app, where: path },
            `${path} is in a repository of git, and git does not ignore it`,
            `echo ${word(`/${name}`)} >> ${word(join(directory, ".gitignore"))}`,
          )
        : null;
    }),
  );
  return { findings: findings.filter((one) => one !== null), unknown: [] };
}

type Git = (args: readonly string[]) => ReturnType<Audit["host"]["run"]>;

/**
 * git as the owner of the directory, and without what the repository could have it run: its settings may name programs, and
 * somebody else may have written them. null when there is no directory.
 */
async function gitIn(audit: Audit, directory: string): Promise<Git | null> {
  const { stat } = await audit.look.stat(directory);
  if (stat?.kind !== "directory") return null;
  const asOwner = asAccount(audit, { uid: stat.uid, gid: stat.gid });
  const quiet = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.untrackedCache=false",
    "safe.directory=*",
  ];
  const options = quiet.flatMap((setting) => ["-c", setting]);
  const env = {
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
  };
  return (args) =>
    audit.host.run([...asOwner, "git", ...options, "-C", directory, ...args], { timeout: patience, env });
}
