import { readWall, type ComingDays } from "../gate/coming-days.ts";
import { isComing, longestOf, type ComingRun } from "../gate/simulate.ts";
import { readZone } from "../schedule/read-zone.ts";
import { describeDuration } from "../value/duration.ts";

type LabelOf = (run: { rule: ComingRun["rule"] }) => string;
const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
/** A job with more runs on a day gets one line for all of them. */
const listed = 12;

export function dateWithDay(date: string): string {
  return `${date} ${weekdays[new Date(`${date}T00:00:00Z`).getUTCDay()]}`;
}

/** Every run on its own line, in the zone of most jobs, on the host and, where it differs, in the job's own zone. */
export function listRuns(days: ComingDays, labelOf: LabelOf): string[] {
  const alone = days.dates.length === 1;
  return byDate(days).flatMap(([date, runs]) => {
    if (runs.length === 0) return alone ? ["  nothing runs"] : [];
    // What all runs of the day share is said once.
    const shared = dayNote(runs[0]!);
    const isShared = shared !== null && runs.every((run) => dayNote(run) === shared);
    const head = [...(alone ? [] : [dateWithDay(date)]), ...(isShared ? [shared] : [])].join("  ");
    const none = isShared && runs.every((run) => !isComing(run));
    const indent = alone ? "  " : "";
    return [
      ...(head === "" ? [] : [none ? `${indent}${head}: ${countRuns(runs)} left out` : `${indent}${head}`]),
      ...(none ? [] : dayLines(days, runs, labelOf, isShared)),
    ];
  });
}

function dayLines(
  days: ComingDays,
  runs: readonly ComingRun[],
  labelOf: LabelOf,
  isShared: boolean,
): string[] {
  const jobs = Map.groupBy(runs, (run) => run.rule);
  return runs.flatMap((run) => {
    const ofJob = jobs.get(run.rule)!;
    if (ofJob.length <= listed) return [oneRun(days, run, labelOf, isShared)];
    return run === ofJob[0] ? [manyRuns(days, ofJob, labelOf)] : [];
  });
}

const countRuns = (runs: readonly ComingRun[]) => (runs.length === 1 ? "1 run" : `${runs.length} runs`);

function dayNote(run: ComingRun): string | null {
  if (run.day === "open") return null;
  if (run.day !== "half") return `${run.day}: ${run.why}`;
  return `half day, closes ${run.closes}${run.why === null ? "" : ` (${run.why})`}`;
}

/** Days that are alike in one paragraph; what makes a day special is listed behind them. */
export function listPeriods(days: ComingDays, labelOf: LabelOf, width: number): string[] {
  const periods: { text: string; dates: string[] }[] = [];
  for (const [date, runs] of byDate(days)) {
    if (runs.length === 0) continue;
    const text = daySummary(days, runs, labelOf);
    const last = periods.at(-1);
    if (last?.text === text) last.dates.push(date);
    else periods.push({ text, dates: [date] });
  }
  return periods.flatMap(({ text, dates }) => {
    const until = dates.length === 1 ? "" : ` to ${dateWithDay(dates.at(-1)!)}, ${dates.length} days`;
    return [`${dateWithDay(dates[0]!)}${until}`, ...wrap(text, width)];
  });
}

/** Holidays, half days and the days when clocks change. */
export function listSpecialDays(days: ComingDays): string[] {
  const special = days.specialDays.map(({ calendar, date, day }) => {
    const what =
      day.open === true
        ? `half day, closes ${day.closes}${day.note === undefined ? "" : ` (${day.note})`}`
        : `${day.open === false ? "closed" : "unknown"}: ${day.why}`;
    return { date, text: `${calendar} ${what}` };
  });
  const changes = days.clockChanges.map(({ zone, at, hours }) => {
    const [before, after] = [at - 1, at].map((moment) => readWall(readZone(zone) ?? days.hostZone, moment));
    const way = hours > 0 ? "forward" : "back";
    return {
      date: after!.date,
      text: `${zone}: clocks go ${way} ${Math.abs(hours)} h, ${before!.name} to ${after!.name}`,
    };
  });
  return [...special, ...changes]
    .toSorted((a, b) => (a.date < b.date ? -1 : 1))
    .map(({ date, text }) => `  ${dateWithDay(date)}  ${text}`);
}

function byDate(days: ComingDays): [string, ComingRun[]][] {
  const lists = days.dates.map((date): [string, ComingRun[]] => [date, []]);
  let index = 0;
  for (const run of days.runs) {
    while (run.slot >= days.starts[index + 1]!) index++;
    lists[index]![1].push(run);
  }
  return lists;
}

function oneRun(days: ComingDays, run: ComingRun, labelOf: LabelOf, isShared: boolean): string {
  const wall = readWall(days.zone, run.slot);
  const host = readWall(days.hostZone, run.slot);
  const own = readWall(readZone(run.rule.zone) ?? days.zone, run.slot);
  const clock = (shown: typeof wall) => `${shown.time} ${shown.name}`;
  const onHost = clock(host) === clock(wall) ? "" : `  ${clock(host)}`;
  const inOwn = [clock(wall), clock(host)].includes(clock(own)) ? [] : [clock(own)];
  const day = isShared ? null : dayNote(run);
  const notes = [...inOwn, ...(day === null ? [] : [day]), ...notesOf(run, labelOf)];
  return `  ${clock(wall)}${onHost}  ${labelOf(run)}${notes.length === 0 ? "" : `  ${notes.join("; ")}`}`;
}

function notesOf(run: ComingRun, labelOf: LabelOf): string[] {
  const others = run.together.filter((rule) => rule !== run.rule).map((rule) => labelOf({ rule }));
  const before = run.during.map(
    (rule) => `${labelOf({ rule })} may still run (up to ${describeDuration(longestOf(rule))})`,
  );
  return [
    ...(others.length === 0 ? [] : [`! same time as ${others.join(", ")}`]),
    ...before.map((text) => `~ ${text}`),
  ];
}

function manyRuns(days: ComingDays, runs: readonly ComingRun[], labelOf: LabelOf): string {
  const coming = runs.filter(isComing);
  const [first, last] = [runs[0]!, runs.at(-1)!].map(({ slot }) => readWall(days.zone, slot));
  const not = runs.length - coming.length;
  const closed = not === 0 ? "" : `, ${not} of them not: ${runs.find((run) => !isComing(run))!.why}`;
  const shared = coming.filter(({ together, during }) => together.length + during.length > 0).length;
  return `  ${first!.time}..${last!.time} ${first!.name}  ${labelOf(runs[0]!)}  ${runs.length} runs${closed}${shared === 0 ? "" : `; ! ${shared} beside another job`}`;
}

function daySummary(days: ComingDays, runs: readonly ComingRun[], labelOf: LabelOf): string {
  const reasons = new Set(runs.map((run) => (isComing(run) ? "" : `${run.day}: ${run.why}`)));
  if (reasons.size === 1 && !reasons.has("")) return [...reasons][0]!;
  const half = runs.find(({ day }) => day === "half");
  const jobs = [...Map.groupBy(runs, (run) => run.rule)].map(([rule, ofJob]) => {
    const coming = ofJob.filter(isComing);
    if (coming.length === 0) return `${labelOf({ rule })} ${ofJob[0]!.day} (${ofJob[0]!.why})`;
    const times = coming.map(({ slot }) => readWall(days.zone, slot).time);
    const shown = times.length < 3 ? times.join(" ") : `${times[0]}..${times.at(-1)} x${times.length}`;
    return `${labelOf({ rule })} ${shown}`;
  });
  return `${half ? `half day, closes ${half.closes}${half.why === null ? "" : ` (${half.why})`}: ` : ""}${jobs.join(", ")}`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`  ${word}`);
  }
  return lines;
}
