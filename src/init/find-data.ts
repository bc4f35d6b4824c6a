import { hasDirectory, isSqlite, type Folder } from "./folder.ts";

/** A directory that the application writes to, and how that shows. */
export type WrittenDirectory = { path: string; because: string };

const usual = [
  "data",
  "state",
  "logs",
  "log",
  "db",
  "storage",
  "uploads",
  "cache",
  "tmp",
  "backups",
  "sessions",
];

/** Directories with the usual names of data, and those with databases in them. */
export function findWritten(folder: Folder): WrittenDirectory[] {
  const found = new Map<string, string>();
  for (const path of usual) if (hasDirectory(folder, path)) found.set(path, `found ${path}/`);
  for (const entry of folder.entries.values()) {
    if (!isSqlite(entry)) continue;
    const slash = entry.path.lastIndexOf("/");
    const directory = slash < 0 ? "." : entry.path.slice(0, slash);
    const above = [...found.keys()].find((path) => directory === path || directory.startsWith(`${path}/`));
    found.set(above ?? directory, `${entry.path} is a SQLite database`);
  }
  return [...found].map(([path, because]) => ({ path, because }));
}

const manifests =
  /(^|\/)([^/]+\.(service|timer|socket|path)|supervisord?\.conf|ecosystem\.config\.c?js|(docker-)?compose\.ya?ml|Dockerfile|crontab|[^/]+\.plist)$/;

/** Files that tell another supervisor how to run the application. */
export function findManifests(folder: Folder): string[] {
  return [...folder.entries.values()]
    .filter(({ kind, path }) => kind === "file" && manifests.test(path) && !path.startsWith("node_modules/"))
    .map(({ path }) => path);
}
