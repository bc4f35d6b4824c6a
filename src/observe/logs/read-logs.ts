import { logNamespace } from "../../compile/names.ts";
import type { Scope } from "../../host/host.ts";
import { readJournal } from "../../host/journal.ts";
import type { JournalEntry } from "../../host/journal-entry.ts";
import { LineMaker, matches, type LogFilter } from "./log-line.ts";
import type { LogLine, LogSource } from "./log-source.ts";
import { mergeArriving, mergeInOrder } from "./merge.ts";

export type LogQuery = {
  scope: Scope;
  sources: readonly LogSource[];
  /** Microseconds since the epoch. */
  since?: number;
  until?: number;
  /** Only the newest so many of those that match; all of them when absent. */
  lines?: number;
  filter: LogFilter;
};

/** The lines of services, oldest first: what they wrote, in the journal of their application, and what systemd says about them. */
export async function* readLogs(query: LogQuery): AsyncGenerator<LogLine, void, undefined> {
  if (query.lines === undefined) yield* readAll(query);
  else yield* (await readNewest(query, query.lines)).lines;
}

/** The newest lines and then, as they come, all that follow, until the signal. */
export async function* followLogs(
  query: LogQuery & { lines: number },
  signal: AbortSignal,
): AsyncGenerator<LogLine, void, undefined> {
  const began = Date.now() * 1000;
  const { lines, cursors } = await readNewest(query, query.lines);
  yield* lines;
  const journals = groups(query).map(({ app, sources }) => {
    const cursor = cursors.get(app);
    const from = cursor === undefined ? { since: began } : { cursor };
    return readJournal({ ...journalOf(query, app, sources), ...from, follow: true });
  });
  // The journals themselves are merged: a generator around one could not be ended while it waits for a quiet log.
  const maker = new LineMaker(query.sources);
  for await (const entry of mergeArriving(journals, signal)) {
    const line = maker.make(entry);
    if (line && matches(line, query.filter)) yield line;
  }
}

async function* readAll(query: LogQuery): AsyncGenerator<LogLine, void, undefined> {
  const streams = groups(query).map(({ app, sources }) =>
    asLines(readJournal(journalOf(query, app, sources)), sources),
  );
  for await (const line of mergeInOrder(streams, isBefore)) if (matches(line, query.filter)) yield line;
}

/**
 * A filter of ours looks at text, so journald cannot count for us: a growing part of the end of the journal is read
 * until enough lines match. Each part is eight times the one before, so little is read twice.
 */
async function readNewest(
  query: LogQuery,
  wanted: number,
): Promise<{ lines: LogLine[]; cursors: Map<string, string> }> {
  const filtered = Object.values(query.filter).some((value) => value !== undefined);
  // A few more than wanted: a stack trace has its level from its first line.
  for (let part = filtered ? Math.max(wanted, 2000) : wanted === 0 ? 0 : wanted + 30; ; part *= 8) {
    const cursors = new Map<string, string>();
    let most = 0;
    const streams = groups(query).map(({ app, sources }) => {
      let count = 0;
      return asLines(readJournal({ ...journalOf(query, app, sources), lines: part }), sources, (entry) => {
        cursors.set(app, entry.cursor);
        most = Math.max(most, (count += 1));
      });
    });
    const lines: LogLine[] = [];
    for await (const line of mergeInOrder(streams, isBefore)) {
      if (!matches(line, query.filter)) continue;
      lines.push(line);
      // In batches: taking the first from a long list for each line costs more than the lines.
      if (lines.length >= 2 * wanted + 1000) lines.splice(0, lines.length - wanted);
    }
    if (lines.length >= wanted || most < part)
      return { lines: wanted === 0 ? [] : lines.slice(-wanted), cursors };
  }
}

async function* asLines(
  entries: AsyncIterable<JournalEntry>,
  sources: readonly LogSource[],
  seen: (entry: JournalEntry) => void = () => {},
): AsyncGenerator<LogLine, void, undefined> {
  const maker = new LineMaker(sources);
  for await (const entry of entries) {
    seen(entry);
    const line = maker.make(entry);
    if (line) yield line;
  }
}

/** One reader for each application: each has a journal of its own. */
function groups({ sources }: LogQuery): { app: string; sources: readonly LogSource[] }[] {
  const apps = [...new Set(sources.map(({ app }) => app))];
  return apps.map((app) => ({ app, sources: sources.filter((source) => source.app === app) }));
}

function journalOf({ scope, since, until }: LogQuery, app: string, sources: readonly LogSource[]) {
  return {
    scope,
    units: sources.map(({ unit }) => unit),
    namespace: scope === "system" ? logNamespace(app) : null,
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
}

function isBefore(a: LogLine, b: LogLine): boolean {
  return a.time < b.time;
}
