import { parseCommand } from "../value/command.ts";
import { hasFile, textOf, type Folder } from "./folder.ts";
import { withOwnPrograms, type Detector, type Program } from "./program.ts";
import { splitAssignments } from "./shell-line.ts";

type Package = { main?: unknown; scripts?: Record<string, unknown>; engines?: Record<string, unknown> };

const entryFiles = [
  "server.js",
  "index.js",
  "app.js",
  "bot.js",
  "main.js",
  "dist/index.js",
  "dist/main.js",
  "build/index.js",
];

/** A package for Node or Bun: what its "start" script really runs, because npm in between would keep signals to itself. */
export const detectNode: Detector = (folder, app) => {
  const text = textOf(folder, "package.json");
  const described = text === undefined ? null : parseJson(text);
  const bun = ["bun.lock", "bun.lockb", "bunfig.toml"].some((path) => hasFile(folder, path));
  const file = entryFiles.find((path) => hasFile(folder, path));
  if (text === undefined && file === undefined) return null;
  const start = described === null ? null : resolveScript(folder, described, "start");
  const runner = bun ? "bun" : "node";
  const main = typeof described?.main === "string" && hasFile(folder, described.main) ? described.main : file;
  const run = start?.run ?? [runner, main ?? "index.js"];
  const version = bun ? null : wantedVersion(folder, described);
  const program: Program = {
    name: app,
    run,
    set: start?.set ?? {},
    because: start ? `"start" in package.json` : main !== undefined ? `found ${main}` : "found package.json",
    notes: [
      ...(start?.notes ?? []),
      ...notesFor(folder, described, start === null && main === undefined, run[0]!),
    ],
    // What npm installed is started by its first line, so its name does not tell the runtime.
    ...(version
      ? { runtime: { text: `node >= ${version.number}`, because: version.because } }
      : run[0]!.startsWith("node_modules/")
        ? { runtime: { text: runner, because: "a program of node_modules" } }
        : {}),
  };
  return [program];
};

function resolveScript(
  folder: Folder,
  described: Package,
  name: string,
  seen: readonly string[] = [],
): { run: readonly string[]; set: Record<string, string>; notes: string[] } | null {
  const line = described.scripts?.[name];
  if (typeof line !== "string" || seen.includes(name)) return null;
  const { set, rest } = splitAssignments(line.replace(/^cross-env\s+/, ""));
  const words = parseCommand(rest);
  if (!words.ok) return null;
  const [program, first, second] = words.value;
  const another =
    program === "npm" || program === "pnpm" || program === "yarn"
      ? first === "run"
        ? second
        : first
      : undefined;
  if (another !== undefined) {
    const inner = resolveScript(folder, described, another, [...seen, name]);
    return inner && { ...inner, set: { ...set, ...inner.set } };
  }
  if (program === "nodemon")
    return {
      run: ["node", ...words.value.slice(1)],
      set,
      notes: ["nodemon is for development: systemd restarts what has ended"],
    };
  return { run: withOwnPrograms(folder, words.value), set, notes: [] };
}

function notesFor(folder: Folder, described: Package | null, lost: boolean, program: string): string[] {
  const notes: string[] = [];
  if (described === null && hasFile(folder, "package.json")) notes.push("package.json could not be read");
  else if (typeof described?.scripts?.["start"] === "string" && lost)
    notes.push('the "start" script needs a shell: write what it runs in the end');
  else if (lost) notes.push("nothing tells what starts the application: put it in place of index.js");
  if (program.startsWith("node_modules/") && !hasFile(folder, program))
    notes.push("install its packages first: npm ci");
  if (hasFile(folder, ".nvmrc") || program === "bun")
    notes.push(
      `systemd looks for ${program === "bun" ? "bun" : "node"} in /usr/local/bin and /usr/bin, not below a home directory`,
    );
  return notes;
}

function wantedVersion(
  folder: Folder,
  described: Package | null,
): { number: string; because: string } | null {
  const engine = described?.engines?.["node"];
  const required =
    typeof engine === "string" ? /^\s*(?:>=|\^|~)?\s*v?(\d+(?:\.\d+){0,2})/.exec(engine) : null;
  if (required) return { number: required[1]!, because: "engines in package.json" };
  const pinned = /^v?(\d+(?:\.\d+){0,2})/.exec(textOf(folder, ".nvmrc") ?? "");
  return pinned ? { number: pinned[1]!, because: ".nvmrc" } : null;
}

function parseJson(text: string): Package | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
