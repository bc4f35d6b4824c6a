import { dirname, join } from "node:path";
import { hostMarker } from "../compile/artifact.ts";
import { parseCommand } from "../value/command.ts";
import { together, type Found, type Unknown } from "./finding.ts";
import type { Audit } from "./facts.ts";
import { auditPath } from "./code.ts";
import { parseCrontab } from "./crontab.ts";
import { scriptParts } from "./script-parts.ts";
import { commandsInUnit } from "./unit-commands.ts";

const unitDirectories = ["/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system"];
const crontabs = ["/etc/crontab", "/etc/cron.d", "/var/spool/cron/crontabs/root", "/var/spool/cron/root"];
const cronScripts = ["/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly"];
const mostUnits = 1000;
/** Programs that only hand on to another: what they run is among their words. */
const anyShell = /^(ba|da|z|k)?sh$/;

/** What runs as root on this host by cron or a unit that somebody wrote here: no one else may change it, nor any directory on the way. */
export async function auditRootRuns(audit: Audit): Promise<Found> {
  if (audit.scope === "user") return { findings: [], unknown: [] };
  return together(
    await Promise.all([
      ...crontabs.map((path) => auditCrontabs(audit, path)),
      ...cronScripts.map((path) => auditScripts(audit, path)),
      ...unitDirectories.map((path) => auditUnits(audit, path)),
      // Units of applications call it as root.
      ...ownFiles(audit.holdfast).map((path) => auditPath(audit, null, null, path, true)),
    ]),
  );
}

/** The launcher, and what it launches. */
function ownFiles(program: string): string[] {
  const top = dirname(dirname(program));
  return [program, ...["cli", "program", "agent", "gate"].map((name) => join(top, "dist", `${name}.cjs`))];
}

async function auditCrontabs(audit: Audit, path: string): Promise<Found> {
  const { stat, trouble } = await audit.look.stat(path);
  if (trouble !== null) return { findings: [], unknown: [unreadable(path, trouble)] };
  if (stat === null) return { findings: [], unknown: [] };
  if (stat.kind === "directory") {
    const { names, trouble: why } = await audit.look.list(path);
    const found = await Promise.all(
      // Others are left alone by cron itself (cron(8)).
      names
        .filter((name) => /^[A-Za-z0-9_-]+$/.test(name))
        .map((name) => auditCrontabs(audit, join(path, name))),
    );
    return together([...found, { findings: [], unknown: why === null ? [] : [unreadable(path, why)] }]);
  }
  const { text, trouble: why } = await audit.look.text(path);
  if (text === null) return { findings: [], unknown: why === null ? [] : [unreadable(path, why)] };
  const lines = parseCrontab(text, { withUser: !path.startsWith("/var/spool/") }).filter(
    ({ user }) => user === "root",
  );
  const found = await Promise.all(
    lines.map(({ line, command }) => auditCommand(audit, command, `${path}:${line}`)),
  );
  return together([await auditPath(audit, null, null, path, true), ...found]);
}

async function auditScripts(audit: Audit, directory: string): Promise<Found> {
  const { names } = await audit.look.list(directory);
  const scripts = names.filter((name) => !name.startsWith("."));
  return together(
    await Promise.all(scripts.map((name) => auditPath(audit, null, null, join(directory, name), true))),
  );
}

/** A command line of a shell: its words that are paths are what counts. */
async function auditCommand(audit: Audit, command: string, at: string): Promise<Found> {
  const files = new Set<string>();
  for (const path of pathsIn(command)) {
    const { stat } = await audit.look.stat(path);
    if (stat?.kind === "file" || stat?.kind === "link")
      for (const part of await scriptParts(audit.look, "/", { path, argv: [path] })) files.add(part);
  }
  return together(
    await Promise.all([...files].map((path) => auditPath(audit, null, null, path, true, `${path} (${at})`))),
  );
}

/** Paths that a shell's command line names, those that go by a cd before them too. Pure. */
export function pathsIn(command: string): string[] {
  let directory = "/";
  return command.split(/[;&|()\n]+/).flatMap((part) => {
    const words = (part.match(/"[^"]*"|'[^']*'|[^\s<>]+/g) ?? []).map((text) =>
      text.replace(/^(["'])(.*)\1$/, "$2"),
    );
    if (words[0] === "cd" && words[1]?.startsWith("/")) directory = words[1];
    return words
      .map((text) => (text.startsWith("./") ? join(directory, text) : text))
      .filter((text) => /^\/[^*?$`]+$/.test(text) && !/^\/(dev|proc)\//.test(text));
  });
}

async function auditUnits(audit: Audit, directory: string): Promise<Found> {
  const { names } = await audit.look.list(directory);
  const services = names.filter((name) => name.endsWith(".service"));
  const found = await Promise.all(
    services.slice(0, mostUnits).map(async (name) => {
      const path = join(directory, name);
      const { text, trouble } = await audit.look.text(path);
      if (text === null)
        return { findings: [], unknown: trouble === null ? [] : [unreadable(path, trouble)] };
      // Those of applications are looked at with them.
      if (text.startsWith("# Written by Holdfast for the application") || text.startsWith(hostMarker))
        return { findings: [], unknown: [] };
      return together([await auditPath(audit, null, null, path, true), await auditUnit(audit, path, text)]);
    }),
  );
  const left =
    services.length > mostUnits ? [unreadable(directory, `only the first ${mostUnits} units were read`)] : [];
  return together([...found, { findings: [], unknown: left }]);
}

async function auditUnit(audit: Audit, unit: string, text: string): Promise<Found> {
  const found = await Promise.all(
    commandsInUnit(text)
      .filter(({ asRoot }) => asRoot)
      .map(async ({ line, directory }) => {
        const parsed = parseCommand(line);
        const argv = parsed.ok ? parsed.value : line.split(/\s+/);
        const [program = ""] = argv;
        if (anyShell.test(program.split("/").at(-1) ?? "") && argv[1] === "-c")
          return auditCommand(audit, argv[2] ?? "", unit);
        const parts = await scriptParts(audit.look, directory, { path: program, argv });
        return together(
          await Promise.all(
            parts.map((path) => auditPath(audit, null, null, path, true, `${path} (${unit})`)),
          ),
        );
      }),
  );
  return together(found);
}

function unreadable(what: string, why: string): Unknown {
  return { app: null, what, why, fix: why.startsWith("only") ? null : "sudo holdfast audit" };
}
