import type { Level } from "../observe/logs/log-level.ts";
import { matches } from "../observe/logs/log-line.ts";
import type { LogLine, LogSource } from "../observe/logs/log-source.ts";
import { checkLines, watcherSources } from "../observe/logs/watcher-lines.ts";
import { exportLines } from "../observe/logs/export-lines.ts";
import { readMoment } from "../observe/logs/moment.ts";
import { followLogs, readLogs, type LogQuery } from "../observe/logs/read-logs.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { styleFor } from "../report/style.ts";
import { choosePrograms, type Chosen } from "./choose.ts";
import { describeLogLine, logLineValue, nameOf, type LineLayout } from "./describe-log-line.ts";
import type { Session } from "./session.ts";

export type LogsOptions = {
  follow?: boolean;
  since?: string;
  until?: string;
  lines?: string;
  level?: Level;
  grep?: string;
  identifier?: string;
  checks?: boolean;
  onlyChecks?: boolean;
  precise?: boolean;
  export?: string;
  force?: boolean;
};

/** holdfast logs: the application's own journal and systemd's messages about its units, as one. */
export async function runLogs(
  session: Session,
  names: readonly string[],
  options: LogsOptions,
): Promise<number> {
  assertTogether(options);
  const chosen = await choosePrograms(session, names);
  const query = await makeQuery(session, chosen, options);
  const layout = layoutFor(session, chosen, options);
  if (options.export !== undefined) return exportTo(session, query, layout, options.export, options.force);
  let count = 0;
  const tell = (line: LogLine): void => {
    count += 1;
    session.out.line(
      session.out.json ? logLineValue(line) : {},
      session.out.json ? "" : describeLogLine(line, layout),
    );
  };
  const tellStanding = (): void => {
    const lines = standing(session, chosen, options);
    if (lines.length > 0 && !session.out.json)
      session.out.note("How each check stood when it was last written down:");
    for (const line of lines) tell(line);
  };
  if (options.follow) {
    // How they stand comes first, because what follows has no end.
    tellStanding();
    for await (const line of follow(query)) tell(line);
  } else {
    for await (const line of readLogs(query)) tell(line);
    tellStanding();
  }
  if (count === 0 && !options.follow && !session.out.json) session.out.note("No such lines.");
  return exitCode.done;
}

async function exportTo(
  session: Session,
  query: LogQuery,
  layout: LineLayout,
  file: string,
  force = false,
): Promise<number> {
  const plain = { ...layout, style: styleFor({ isTTY: false } as NodeJS.WriteStream) };
  async function* texts(): AsyncGenerator<string> {
    for await (const line of readLogs(query))
      yield session.out.json ? JSON.stringify(logLineValue(line)) : describeLogLine(line, plain);
  }
  const lines = await exportLines(texts(), file, { replace: force });
  session.out.result(
    { file, lines },
    `${lines} ${lines === 1 ? "line" : "lines"} in ${file}, for its owner alone`,
  );
  return exitCode.done;
}

/** How each check stands; of a past time nobody asks that. */
function standing(session: Session, chosen: readonly Chosen[], options: LogsOptions): LogLine[] {
  const { checks, onlyChecks, until, grep, level, identifier } = options;
  if (!(checks || onlyChecks) || until !== undefined || identifier !== undefined) return [];
  const { watch } = session.record()!;
  const lines = chosen.flatMap(({ app, service }) =>
    checkLines({ app, service: service.name, unit: service.unit }, watch.checkStates(app, service.name)),
  );
  const filter = {
    ...(grep === undefined ? {} : { text: grep }),
    ...(level === undefined ? {} : { level }),
  };
  return lines.filter((line) => matches(line, filter)).toSorted((a, b) => a.time - b.time);
}

/** Until somebody has seen enough. */
async function* follow(query: LogQuery): AsyncGenerator<LogLine> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  yield* followLogs({ ...query, lines: query.lines ?? 10 }, stop.signal);
}

async function makeQuery(
  session: Session,
  chosen: readonly Chosen[],
  options: LogsOptions,
): Promise<LogQuery> {
  const host = await session.host();
  const now = new Date();
  const [since, until] = await Promise.all(
    [options.since, options.until].map(async (text) =>
      text === undefined ? undefined : readMoment(host, text, now),
    ),
  );
  const lines =
    options.lines === undefined ? (options.since === undefined ? 200 : undefined) : readCount(options.lines);
  return {
    scope: session.scope,
    sources: [
      ...chosen.map(({ app, service }) => ({ app, service: service.name, unit: service.unit })),
      ...(options.checks || options.onlyChecks ? watchersOf(chosen) : []),
    ],
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(options.follow && options.lines === undefined ? {} : lines === undefined ? {} : { lines }),
    filter: {
      ...(options.onlyChecks ? { from: "checks" as const } : {}),
      ...(options.level === undefined ? {} : { level: options.level }),
      ...(options.grep === undefined ? {} : { text: options.grep }),
      ...(options.identifier === undefined ? {} : { identifier: options.identifier }),
    },
  };
}

function watchersOf(chosen: readonly Chosen[]): LogSource[] {
  const levels = new Map(
    chosen.map(({ app, generation }) => [app, generation.desired.watch.supervision] as const),
  );
  return watcherSources([...levels.keys()], (app) => levels.get(app)!);
}

function layoutFor(session: Session, chosen: readonly Chosen[], options: LogsOptions): LineLayout {
  const withApp = new Set(chosen.map(({ app }) => app)).size > 1;
  const widths = chosen.map(({ app, service }) => nameOf({ app, service: service.name }, withApp).length);
  return {
    style: session.out.style,
    precise: options.precise ?? false,
    nameWidth: Math.max(0, ...widths),
    withApp,
  };
}

/** How many lines somebody asked for. */
export function readCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw usage(`Cannot show "${text}" lines: that is no number`, "--lines 100");
}

function assertTogether(options: LogsOptions): void {
  if (options.follow && options.until !== undefined)
    throw usage(
      "Cannot follow a log that has an end: --follow and --until exclude each other",
      "leave one out",
    );
  if (options.follow && options.export !== undefined)
    throw usage(
      "Cannot export a log that goes on: --follow and --export exclude each other",
      "leave one out",
    );
  if (options.force && options.export === undefined)
    throw usage("Cannot tell what --force is for: it belongs to --export", "--export FILE --force");
}

function usage(summary: string, fix: string): HoldfastError {
  return new HoldfastError({ severity: "error", code: "usage/bad-option", summary, fix }, exitCode.usage);
}
