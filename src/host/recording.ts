import type { Files, Host, JobResult, RunOptions, RunResult, Systemd } from "./host.ts";
import type { UnitName } from "../value/unit-name.ts";

/** Programs that only answer questions; every other program counts as a change. */
const asking: readonly (readonly string[])[] = [
  ["systemd-analyze"],
  ["systemd-escape"],
  ["systemd-path"],
  ["systemctl", "--version"],
  ["systemctl", "show"],
  ["systemctl", "cat"],
  ["journalctl", "--version"],
  ["getent"],
  ["id"],
  ["uname"],
  ["findmnt"],
];

/** A host that answers questions as `inner` does, and remembers every change as a sentence instead of making it. */
export function recordingHost(inner: Host): Host & { readonly record: string[] } {
  const record: string[] = [];
  const note = (sentence: string): void => void record.push(sentence);
  return {
    scope: inner.scope,
    mayChange: inner.mayChange,
    record,
    files: recordFiles(inner.files, note),
    systemd: recordSystemd(inner.systemd, note),
    run: (argv, options) => recordRun(inner, note, argv, options),
    close: () => inner.close(),
  };
}

type Note = (sentence: string) => void;

function recordFiles(files: Files, note: Note): Files {
  return {
    read: (path) => files.read(path),
    stat: (path) => files.stat(path),
    list: (path) => files.list(path),
    realPath: (path) => files.realPath(path),
    readLink: (path) => files.readLink(path),
    free: (path) => files.free(path),
    write: async (path, content, { mode, uid, gid }) => {
      const owner = uid === undefined && gid === undefined ? "" : `, owner ${uid ?? "same"}:${gid ?? "same"}`;
      // Never the content: a record is shown and saved, and a file may hold a secret.
      note(`write ${path} (${Buffer.byteLength(content)} bytes, mode ${octal(mode)}${owner})`);
    },
    rename: async (from, to) => note(`rename ${from} to ${to}`),
    link: async (from, to) => note(`link ${from} as ${to}`),
    remove: async (path) => note(`remove ${path}`),
    removeTree: async (path) => note(`remove ${path} and all below it`),
    makeDirectory: async (path, mode) => note(`make directory ${path} (mode ${octal(mode)})`),
  };
}

function recordSystemd(systemd: Systemd, note: Note): Systemd {
  const job =
    (verb: string) =>
    async (unit: UnitName): Promise<JobResult> => {
      note(`${verb} ${unit}`);
      return "done";
    };
  const links =
    (verb: string) =>
    async (unit: UnitName): Promise<[]> => {
      note(`${verb} ${unit}`);
      return [];
    };
  return {
    version: () => systemd.version(),
    managerProperties: (names) => systemd.managerProperties(names),
    properties: (unit, names) => systemd.properties(unit, names),
    allProperties: (unit) => systemd.allProperties(unit),
    unitFileState: (unit) => systemd.unitFileState(unit),
    listUnits: (patterns) => systemd.listUnits(patterns),
    unitStates: (units) => systemd.unitStates(units),
    reload: async () => note("reload systemd"),
    start: job("start"),
    stop: job("stop"),
    restart: job("restart"),
    reloadUnit: job("reload"),
    enable: links("enable"),
    disable: links("disable"),
    resetFailed: async (unit) => note(`reset the failed state of ${unit}`),
    kill: async (unit, signal, whom) => note(`send signal ${signal} to ${whom} of ${unit}`),
    close: () => systemd.close(),
  };
}

async function recordRun(
  inner: Host,
  note: Note,
  argv: readonly string[],
  options?: RunOptions,
): Promise<RunResult> {
  const asks = asking.some((words) => words.every((word, index) => argv[index] === word));
  if (asks) return inner.run(argv, options);
  note(`run ${argv.join(" ")}`);
  return { status: 0, signal: null, stdout: "", stderr: "" };
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
