import type { JournalEntry } from "../../host/journal-entry.ts";
import { messageId } from "../message-ids.ts";
import type { LogLine, LogSource } from "./log-source.ts";
import { readWatcherLine } from "./watcher-lines.ts";
import { isAtLeast, levelOfMessage, levelOfPriority, type Level } from "./log-level.ts";

export type LogFilter = {
  /** This level and worse. */
  level?: Level;
  /** Plain text that the message holds. */
  text?: string;
  /** SyslogIdentifier= of the writer. */
  identifier?: string;
  /** "unit": only what the service itself wrote. */
  from?: LogLine["from"];
};

/** How long a line without a level of its own still belongs to the one before: a stack trace is written at once. */
const together = 1e6;

/** Makes lines of entries. It remembers the last level of each process, so that a stack trace has that of its first line. */
export class LineMaker {
  readonly #services: ReadonlyMap<string, LogSource>;
  readonly #wanted: ReadonlySet<string>;
  readonly #last = new Map<number, { time: number; level: Level }>();

  constructor(sources: readonly LogSource[]) {
    this.#services = new Map(sources.map((source) => [source.unit, source]));
    this.#wanted = new Set(sources.filter((source) => !source.watches).map(({ service }) => service));
  }

  /** null for an entry of another unit, such as one whose core dump it is. */
  make(entry: JournalEntry): LogLine | null {
    const source = entry.unit === null ? undefined : this.#services.get(entry.unit);
    if (!source) return null;
    if (source.watches) return this.#ofWatcher(entry, source);
    const from = isFromSystemd(entry) ? "systemd" : "unit";
    return {
      time: entry.time,
      app: source.app,
      service: source.service,
      unit: source.unit,
      from,
      identifier: entry.identifier ?? null,
      invocation: entry.invocation ?? null,
      pid: entry.pid,
      priority: entry.priority,
      level: from === "systemd" ? levelOfPriority(entry.priority) : this.#levelOf(entry),
      message: entry.message,
    };
  }

  /** What systemd says of the watcher itself belongs to no service. */
  #ofWatcher(entry: JournalEntry, { app, unit }: LogSource): LogLine | null {
    if (isFromSystemd(entry)) return null;
    const told = readWatcherLine(entry.message, app);
    if (told === null || !this.#wanted.has(told.service)) return null;
    const { time, identifier = null, invocation = null, pid, priority } = entry;
    const level = levelOfPriority(priority);
    return { time, app, unit, from: "checks", identifier, invocation, pid, priority, level, ...told };
  }

  /** A priority other than the default was given on purpose; otherwise the message may know better. */
  #levelOf(entry: JournalEntry): Level {
    const given = levelOfPriority(entry.priority);
    const level =
      entry.priority === 6 ? (levelOfMessage(entry.message) ?? this.#inherited(entry) ?? given) : given;
    this.#remember(entry, level);
    return level;
  }

  #inherited({ pid, time, message }: JournalEntry): Level | undefined {
    const last = this.#last.get(pid ?? 0);
    return last && /^\s/.test(message) && time - last.time < together ? last.level : undefined;
  }

  #remember({ pid, time }: JournalEntry, level: Level): void {
    this.#last.set(pid ?? 0, { time, level });
    // A service that starts many processes must not make us remember all of them.
    if (this.#last.size > 1000) this.#last.delete(this.#last.keys().next().value!);
  }
}

export function matches(line: LogLine, { level, text, identifier, from }: LogFilter): boolean {
  return (
    (level === undefined || isAtLeast(line.level, level)) &&
    (text === undefined || line.message.includes(text)) &&
    (identifier === undefined || line.identifier === identifier) &&
    (from === undefined || line.from === from)
  );
}

/** Between fork and exec systemd speaks from within the unit, under the name of the program in brackets. */
export function isFromSystemd({ from, messageId: id, identifier = "" }: JournalEntry): boolean {
  return from === "systemd" || id === messageId.spawnFailed || /^\(.+\)$/.test(identifier);
}
