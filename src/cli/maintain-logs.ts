import { rotateLogs, vacuumLogs, type Upkeep, type VacuumLimits } from "../maintain/logs.ts";
import { describeShortage, readLogStore, type LogStore } from "../observe/logs/log-store.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { parseDuration } from "../value/duration.ts";
import type { Parsed } from "../value/parsed.ts";
import { describeSize, parseSize } from "../value/size.ts";
import { chooseApp } from "./choose.ts";
import { describeTime } from "./describe-log-line.ts";
import type { Session } from "./session.ts";

export type VacuumOptions = { keep?: string; max?: string };

/** holdfast maintain logs usage: what an application's own journal takes, and what it may take. */
export async function runUsage(session: Session, name: string | undefined): Promise<number> {
  const app = chooseApp(session, name);
  const store = await storeOf(session, app);
  session.out.result({ app, store }, describeLogStore(app, store));
  return exitCode.done;
}

/** holdfast maintain logs rotate. */
export async function runRotate(session: Session, name: string | undefined): Promise<number> {
  return tend(session, chooseApp(session, name), "maintain logs rotate", async (app) =>
    rotateLogs(await session.host(), app),
  );
}

/** holdfast maintain logs vacuum: by age, by size, or both. */
export async function runVacuum(
  session: Session,
  name: string | undefined,
  options: VacuumOptions,
): Promise<number> {
  const app = chooseApp(session, name);
  const limits = readLimits(options);
  const words = Object.entries(options).map(([key, value]) => `--${key} ${value}`);
  return tend(session, app, `maintain logs vacuum ${words.join(" ")}`, async () =>
    vacuumLogs(await session.host(), app, limits),
  );
}

async function tend(
  session: Session,
  app: string,
  command: string,
  work: (app: string) => Promise<Upkeep>,
): Promise<number> {
  await storeOf(session, app);
  return session.changing(app, command, async ({ records }) => {
    const done = await work(app);
    const result = `${describeSize(done.before)} -> ${describeSize(done.after)}`;
    records.audit({
      at: new Date().toISOString(),
      who: session.who,
      app,
      unit: null,
      action: command,
      why: null,
      result,
    });
    const files = `${done.files.before} -> ${count(done.files.after)}`;
    session.out.result({ app, ...done }, `The journal of "${app}": ${result}, ${files}`);
    return exitCode.done;
  });
}

async function storeOf(session: Session, app: string): Promise<LogStore> {
  const { desired } = (await session.currentGeneration(app))!;
  const store = await readLogStore(await session.host(), desired);
  if (store) return store;
  throw new HoldfastError(
    {
      severity: "error",
      code: "usage/no-log-store",
      summary: `"${app}" has no journal of its own: user services write to the journal of the user`,
      fix: "use system scope for a journal with limits of its own",
    },
    exitCode.usage,
  );
}

function readLimits(options: VacuumOptions): VacuumLimits {
  if (options.keep === undefined && options.max === undefined)
    throw usage("Cannot tell what to throw away: neither --keep nor --max is given", "--keep 7d");
  return {
    ...(options.keep === undefined
      ? {}
      : { keep: valueOf(parseDuration(options.keep), "--keep", options.keep) }),
    ...(options.max === undefined ? {} : { max: valueOf(parseSize(options.max), "--max", options.max) }),
  };
}

function valueOf<T>(value: Parsed<T>, option: string, text: string): T {
  if (value.ok) return value.value;
  throw usage(
    `Cannot read ${option} ${text}: expected ${value.expected}`,
    `${option} ${option === "--keep" ? "7d" : "500M"}`,
  );
}

function usage(summary: string, fix: string): HoldfastError {
  return new HoldfastError({ severity: "error", code: "usage/bad-option", summary, fix }, exitCode.usage);
}

function describeLogStore(app: string, store: LogStore): string {
  const { cap, reported } = store;
  const lines = [
    `The journal of "${app}": ${describeSize(store.bytes)}${cap === null ? "" : ` of ${describeSize(cap)}`} in ${count(store.files)}`,
  ];
  const shortage = describeShortage(store);
  if (shortage !== null) lines.push(`  ${shortage}`);
  if (reported)
    lines.push(
      `  journald itself, at ${describeTime(Date.parse(reported.at) * 1000, false)}: at most ${describeSize(reported.cap)}`,
    );
  lines.push(
    `  oldest entry: ${store.oldest === null ? "none" : describeTime(Date.parse(store.oldest) * 1000, false)}`,
  );
  if (store.dropped > 0) lines.push(`  ${store.dropped} lines were thrown away because they came too fast`);
  return lines.join("\n");
}

function count(files: number): string {
  return files === 1 ? "1 file" : `${files} files`;
}
