import { parseIsoDate } from "../calendar/iso-date.ts";
import { comingDays, readWall, type ComingDays } from "../gate/coming-days.ts";
import { isComing, type ComingRun } from "../gate/simulate.ts";
import type { JobRule } from "../plan/job-rule.ts";
import { makeJobRule } from "../plan/make-job-rule.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { readZone } from "../schedule/read-zone.ts";
import { nearest } from "../spec/nearest.ts";
import { choosePrograms, installedApps } from "./choose.ts";
import { drawDay } from "./draw-day.ts";
import { dateWithDay, listPeriods, listRuns, listSpecialDays } from "./list-days.ts";
import { loadSpec } from "./load-spec.ts";
import type { Session } from "./session.ts";

export type ScheduleOptions = {
  days?: string;
  week?: boolean;
  year?: boolean;
  from?: string;
  /** Was the spec or its environment named on the command line? Then it is meant, not what is applied. */
  fromSpec: boolean;
};

const longestList = 8;

/** holdfast schedule: the coming runs of jobs, as systemd's timers and the gate will have them. */
export async function runSchedule(
  session: Session,
  names: readonly string[],
  options: ScheduleOptions,
): Promise<number> {
  const count = dayCount(options);
  const from = readFrom(options.from);
  const { rules, source } = await findRules(session, names, options.fromSpec);
  const now = Date.now();
  const days = comingDays(rules, { from, count, now });
  const several = new Set(rules.map(({ app }) => app)).size > 1;
  const labelOf = ({ rule }: { rule: JobRule }) => (several ? `${rule.app}/${rule.job}` : rule.job);
  session.out.result(
    { source, now: new Date(now).toISOString(), ...asJson(days, rules, now) },
    describe(days, rules, labelOf, session),
  );
  return exitCode.done;
}

function describe(
  days: ComingDays,
  rules: readonly JobRule[],
  labelOf: (run: { rule: JobRule }) => string,
  session: Session,
): string {
  const { style } = session.out;
  const [first, last] = [days.dates[0]!, days.dates.at(-1)!];
  const span = first === last ? dateWithDay(first) : `${dateWithDay(first)} to ${dateWithDay(last)}`;
  const special = listSpecialDays(days);
  const byHand = rules.filter(({ slots }) => slots.length === 0).map((rule) => labelOf({ rule }));
  return [
    style.strong(`${span}, in ${days.zone.name}`),
    ...(days.dates.length === 1 ? [...drawDay(days, labelOf, style), ""] : []),
    ...(days.dates.length < longestList ? listRuns(days, labelOf) : listPeriods(days, labelOf, 78)),
    ...(special.length === 0 ? [] : [style.strong("Holidays, half days, changes of clocks"), ...special]),
    ...(byHand.length === 0 ? [] : [`Only by hand: ${byHand.join(", ")}`]),
  ].join("\n");
}

/** Jobs that are applied; those of the spec when it is asked for or nothing is applied. */
async function findRules(
  session: Session,
  names: readonly string[],
  fromSpec: boolean,
): Promise<{ rules: JobRule[]; source: "applied" | "spec" }> {
  if (!fromSpec && installedApps(session).length > 0) {
    const chosen = await choosePrograms(session, names, "jobs");
    return { rules: chosen.flatMap(({ service }) => service.job ?? []), source: "applied" };
  }
  const { spec } = loadSpec(session);
  const jobs = Object.keys(spec.jobs);
  const unknown = names.find((name) => !jobs.includes(name) && name !== spec.app);
  if (unknown !== undefined) {
    const near = nearest(unknown, jobs);
    throw new HoldfastError(
      {
        severity: "error",
        code: "usage/unknown-name",
        summary: `Cannot find a job named "${unknown}" in ${session.options.file}`,
        detail: jobs.length === 0 ? "it has no jobs" : `it has ${jobs.join(", ")}`,
        ...(near === undefined ? {} : { fix: near }),
      },
      exitCode.usage,
    );
  }
  const wanted = names.length === 0 || names.includes(spec.app) ? jobs : names;
  return { rules: wanted.map((name) => makeJobRule(spec, name)), source: "spec" };
}

function asJson(days: ComingDays, rules: readonly JobRule[], now: number): object {
  const ofRun = (run: ComingRun) => ({
    app: run.rule.app,
    job: run.rule.job,
    slot: new Date(run.slot).toISOString(),
    zone: run.rule.zone,
    local: localTime(run),
    host: shown(readWall(days.hostZone, run.slot)),
    tradingDay: run.tradingDay,
    day: run.day,
    why: run.why,
    closes: run.closes,
    runs: isComing(run),
    sameTime: run.together.filter((rule) => rule !== run.rule).map(({ job }) => job),
    mayStillRun: run.during.map(({ job }) => job),
  });
  return {
    zone: days.zone.name,
    hostZone: days.hostZone.name,
    from: new Date(days.starts[0]!).toISOString(),
    to: new Date(days.starts.at(-1)!).toISOString(),
    jobs: rules.map((rule) => {
      const next = days.runs.find((run) => run.rule === rule && run.slot > now);
      const { app, job, zone, slots, calendar } = rule;
      return { app, job, zone, times: slots, calendar, next: next && new Date(next.slot).toISOString() };
    }),
    runs: days.runs.map(ofRun),
    specialDays: days.specialDays,
    clockChanges: days.clockChanges.map((change) => ({ ...change, at: new Date(change.at).toISOString() })),
  };
}

function localTime({ rule, slot }: ComingRun): string {
  const zone = readZone(rule.zone);
  return zone ? shown(readWall(zone, slot)) : "";
}

const shown = (wall: ReturnType<typeof readWall>) => `${wall.date} ${wall.time} ${wall.name}`;

function dayCount({ days, week, year }: ScheduleOptions): number {
  if ([days, week, year].filter(Boolean).length > 1)
    throw usage("Cannot use --days, --week and --year together");
  if (year) return 365;
  if (week) return 7;
  if (days === undefined) return 1;
  if (!/^[1-9]\d{0,3}$/.test(days) || Number(days) > 3660)
    throw usage(`Cannot show "${days}" days`, "a number from 1 to 3660, such as --days 92");
  return Number(days);
}

function readFrom(from: string | undefined): string | null {
  if (from === undefined) return null;
  const date = parseIsoDate(from);
  if (!date.ok) throw usage(`Cannot begin at "${from}"`, "a date that exists, such as --from 2026-11-23");
  return date.value;
}

function usage(summary: string, fix = "one of the three"): HoldfastError {
  return new HoldfastError({ severity: "error", code: "usage/bad-days", summary, fix }, exitCode.usage);
}
