import type { Level } from "../observe/logs/log-level.ts";
import type { LogLine } from "../observe/logs/log-line.ts";
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
  for await (const line of options.follow ? follow(query) : readLogs(query)) {
    count += 1;
    session.out.line(
      session.out.json ? logLineValue(line) : {},
      session.out.json ? "" : describeLogLine(line, layout),
    );
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
    sources: chosen.map(({ app, service }) => ({ app, service: service.name, unit: service.unit })),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(options.follow && options.lines === undefined ? {} : lines === undefined ? {} : { lines }),
    filter: {
      ...(options.level === undefined ? {} : { level: options.level }),
      ...(options.grep === undefined ? {} : { text: options.grep }),
      ...(options.identifier === undefined ? {} : { identifier: options.identifier }),
    },
  };
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
