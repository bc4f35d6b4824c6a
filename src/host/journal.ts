import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import type { UnitName } from "../value/unit-name.ts";
import type { Scope } from "./host.ts";
import { parseJournalLine, wantedFields, type JournalEntry } from "./journal-entry.ts";
import { journalLines } from "./journal-lines.ts";

export type JournalQuery = {
  scope: Scope;
  /** What these units wrote, and what systemd says about them; none means the whole journal. */
  units: readonly UnitName[];
  /** Of LogNamespace= (systemd.exec(5)): read beside the default journal, where systemd's own messages stay. */
  namespace: string | null;
  /** Microseconds since the epoch. */
  since?: number;
  until?: number;
  /** Only the newest so many; after a cursor, the first so many. All of them when absent. */
  lines?: number;
  follow?: boolean;
  /** The newest entry first; not with `follow`. */
  reverse?: boolean;
  /** This level and worse. */
  priority?: number;
  messageIds?: readonly string[];
  /** Goes on after the entry that had this cursor. */
  cursor?: string;
  /** A program to run journalctl through, such as nsenter with its arguments. */
  through?: readonly string[];
};

/** Reads the journal through journalctl(1), one entry at a time. Leaving the loop ends the child. */
export function readJournal(query: JournalQuery): AsyncIterable<JournalEntry> {
  return { [Symbol.asyncIterator]: () => open(query) };
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

function open(query: JournalQuery): AsyncIterator<JournalEntry> {
  const [program = "journalctl", ...args] = [
    ...(query.through ?? []),
    "journalctl",
    ...journalctlArguments(query),
  ];
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C.UTF-8" },
  });
  const stop = (): void => {
    // The pipes too: journalctl ends when nobody reads it, and a program that it was run through may die alone.
    child.kill();
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const entries = readEntries(child, query, stop);
  return {
    next: () => entries.next(),
    // Stopped first: a reader that waits for the next line of a quiet log would otherwise wait on.
    return: async () => {
      stop();
      return entries.return(undefined);
    },
  };
}

async function* readEntries(
  child: Child,
  query: JournalQuery,
  stop: () => void,
): AsyncGenerator<JournalEntry, undefined, undefined> {
  const ended = endOf(child);
  // With `lines`, journalctl counts from the first entry after --since; we want the newest, so we drop the older here.
  const oldest = query.lines === undefined ? 0 : (query.since ?? 0);
  try {
    for await (const line of journalLines(child.stdout)) {
      const entry = parseJournalLine(line);
      if (entry !== null && entry.time >= oldest) yield entry;
    }
    const trouble = await ended;
    if (trouble !== null) throw describeTrouble(trouble, query.scope);
  } catch (error) {
    // A stream that we closed ourselves reports that it ended too early.
    if (!child.killed) throw error;
  } finally {
    stop();
    await ended;
  }
}

/** null after a good end. The hint about other users' messages comes with status 0, and would hide that we see nothing. */
function endOf(child: Child): Promise<string | null> {
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(0, 4096)));
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (status, signal) => {
      if (status === 0) resolve(blind.test(stderr) ? stderr : null);
      else resolve(stderr.trim() || `journalctl ended with ${signal ?? `status ${status}`}`);
    });
  });
}

const blind = /insufficient permissions|not seeing messages from other users/;

function describeTrouble(trouble: string, scope: Scope): HoldfastError {
  const summary = `Cannot read the journal: ${trouble.split("\n")[0]}`;
  if (!blind.test(trouble))
    return new HoldfastError({ severity: "error", code: "host/journal", summary }, exitCode.failed);
  const fix = `${scope === "system" ? "run it with sudo, or: " : ""}sudo usermod -aG systemd-journal USER, and log in again`;
  return new HoldfastError({ severity: "error", code: "host/not-permitted", summary, fix }, exitCode.failed);
}

/** systemd's -u (and --user-unit) also finds the manager's messages about a unit and its core dumps (journalctl(1)). */
function journalctlArguments(query: JournalQuery): string[] {
  const { scope, units, namespace, since, until, lines, priority, cursor } = query;
  const follow = query.follow === true;
  return [
    "--output=json",
    `--output-fields=${wantedFields.join(",")}`,
    // Otherwise a message of more than 4096 bytes is left out.
    "--all",
    ...units.map((unit) => `--${scope === "user" ? "user-unit" : "unit"}=${unit}`),
    // A namespace that nothing has written to yet is no error, as long as the default journal is read beside it.
    ...(namespace === null ? [] : [`--namespace=+${namespace}`]),
    ...(since === undefined || lines !== undefined ? [] : [`--since=${timestamp(since)}`]),
    ...(until === undefined ? [] : [`--until=${timestamp(until)}`]),
    ...(lines === undefined ? [] : [`--lines=${lines}`]),
    ...(priority === undefined ? [] : [`--priority=${priority}`]),
    ...(cursor === undefined ? [] : [`--after-cursor=${cursor}`]),
    ...(query.reverse === true ? ["--reverse"] : []),
    // --follow alone shows the last ten only, even after a cursor.
    ...(follow ? ["--follow", ...(lines === undefined ? ["--no-tail"] : [])] : []),
    ...(query.messageIds ?? []).map((id) => `MESSAGE_ID=${id}`),
  ];
}

function timestamp(microseconds: number): string {
  const seconds = Math.floor(microseconds / 1e6);
  return `@${seconds}.${String(Math.floor(microseconds % 1e6)).padStart(6, "0")}`;
}
