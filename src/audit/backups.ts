import { basename, join } from "node:path";
import { together, type Found } from "./finding.ts";
import { finding, modeOf, trustedBy, type Audit, type AuditedApp } from "./facts.ts";
import { word } from "./fixes.ts";
import { readTree, type TreeEntry } from "./tree.ts";
import { isReachable, walkPath } from "./walk-path.ts";
import { listOf, whoMayRead } from "./who-may.ts";

const mostFiles = { quick: 2000, full: 20_000 };
/** Where code is, not copies of it. */
const notBackups = new Set([".git", "node_modules", "site-packages", "__pycache__", "venv", ".venv"]);

/** What the name says is a copy: an archive, a dump, an old version. */
const names =
  /(\.(bak|backup|old|orig|save|dump|sql|tar|tgz|zip|7z)(\.(gz|xz|bz2|zst))?|\.(tar|sql|db|sqlite3?|json|csv)\.(gz|xz|bz2|zst)|~|backup[^/]*\.(db|sqlite3?|gz|zst|xz))$|(^|[._-])backups?([._-]|$)/i;
/** A program, or a word about it: it makes backups, and is none. */
const makesBackups = /\.(py|sh|bash|js|mjs|cjs|ts|rb|go|pl|php|rs|md|txt|ya?ml|toml|service|timer|conf)$/i;
/** Copies of what is secret by nature. */
const secretNames = /(^|\.)env|secret|credential|wallet|key|passw|\.db|sqlite|\.sql|dump|trades/i;

const usualPlaces = ["/var/backups", "/backup", "/backups", "/srv/backups", "/opt/backups", "/root/backups"];

/** Copies that others may read, beside the application and where backups usually are. */
export async function auditBackups(audit: Audit, app: AuditedApp): Promise<Found> {
  const { directory, services, app: name } = app.desired;
  const places = new Set([
    ...(directory.split("/").filter(Boolean).length < 2 ? [] : [directory]),
    ...services.flatMap(({ writes, ownDirectories }) => [...writes, ...ownDirectories]),
    ...(await Promise.all(usualPlaces.map((at) => namedAfter(audit, at, name)))).flat(),
    `${directory}-backups`,
    `${directory}.bak`,
  ]);
  return together(await Promise.all([...places].map((place) => auditPlace(audit, app, place))));
}

/** Of what lies where all applications keep theirs, what begins with this one's name. */
async function namedAfter(audit: Audit, directory: string, app: string): Promise<string[]> {
  const { names: found } = await audit.look.list(directory);
  return found
    .filter((entry) => entry === app || (entry.startsWith(app) && /^[-_.@]/.test(entry.slice(app.length))))
    .map((entry) => join(directory, entry));
}

async function auditPlace(audit: Audit, app: AuditedApp, place: string): Promise<Found> {
  const most = audit.quick ? mostFiles.quick : mostFiles.full;
  const { entries, left } = await readTree(audit.look, place, { most, skipNames: notBackups });
  const copies = entries.filter((entry) => isCopy(place, entry));
  const unknown =
    left === null ? [] : [{ app: app.app, what: `backups below ${place}`, why: left, fix: null }];
  const found = await Promise.all(
    copies.map(async ({ path, stat }) => {
      const readers = whoMayRead(stat, audit.accounts, trustedBy(audit, app.uid)).filter(
        ({ how }) => how !== "owner",
      );
      if (readers.length === 0) return [];
      const walked = await walkPath(audit.look, path);
      if (!isReachable(walked)) return [];
      return finding(
        "audit/backup-readable",
        secretNames.test(basename(path)) ? "error" : "warning",
        { app, where: path },
        `${path} looks like a backup and has mode ${modeOf(stat.mode)}: ${listOf(readers)} may read it`,
        `chmod 600 ${word(path)}`,
      );
    }),
  );
  return { findings: found.flat(), unknown };
}

/** Within a directory of backups everything is one. */
function isCopy(place: string, { path, stat }: TreeEntry): boolean {
  if (stat.kind !== "file") return false;
  if (/backups?|\.bak$/i.test(basename(place)) || /^\/(var\/)?backups?\//.test(path)) return true;
  const parts = path.slice(place.length + 1).split("/");
  const name = parts.pop() ?? "";
  return parts.some((part) => names.test(part)) || (names.test(name) && !makesBackups.test(name));
}
