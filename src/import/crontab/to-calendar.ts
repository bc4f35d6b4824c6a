import type { CronTime } from "./cron-time.ts";

const dayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const longest: readonly number[] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * The same times in systemd's calendar syntax: exactly, in one expression or in two. Two where cron means "on this day of the
 * month, and on that day of the week, too"; a day that is both is one slot. Empty when there is no such day.
 */
export function toCalendars(time: CronTime): string[] {
  const clock = `${field(time.hour, 0, 23)}:${field(time.minute, 0, 59)}`;
  const everyDay = time.day.length === 31;
  const everyWeekday = time.weekday.length === 7;
  const date = everyDay ? dateOf(time, false) : dateOf(time, true);
  const comes = everyDay || time.month.some((month) => time.day.some((day) => day <= longest[month - 1]!));
  const week = everyWeekday ? "" : `${weekdays(time.weekday)} `;
  if (time.bothDays) return comes ? [`${week}${date}${clock}`] : [];
  // Either day will do, and one of the two is any day.
  if (everyDay || everyWeekday) return [`${dateOf(time, false)}${clock}`];
  return [...(comes ? [`${date}${clock}`] : []), `${week}${dateOf(time, false)}${clock}`];
}

function dateOf({ month, day }: CronTime, withDay: boolean): string {
  if (month.length === 12 && !withDay) return "";
  return `*-${field(month, 1, 12)}-${withDay ? field(day, 1, 31) : "*"} `;
}

/** Monday first, as systemd counts: Mon..Fri, Sat,Sun. */
function weekdays(values: readonly number[]): string {
  const monday = values.map((value) => (value + 6) % 7).toSorted((a, b) => a - b);
  return runs(monday)
    .map(([first, last]) => {
      const names = [dayNames[(first + 1) % 7]!, dayNames[(last + 1) % 7]!];
      return last === first ? names[0]! : last === first + 1 ? names.join(",") : names.join("..");
    })
    .join(",");
}

/** The shortest of what means the same: *, 0/15, 9..17, 09,17. */
function field(values: readonly number[], low: number, high: number): string {
  if (values.length === high - low + 1) return "*";
  const [first = low, second = first] = values;
  const step = second - first;
  const even = values.every((value, index) => value === first + index * step);
  // An open step ends where the field ends, and loses slots in systemd unless it comes out even.
  if (
    values.length > 1 &&
    even &&
    step > 1 &&
    low === 0 &&
    (high + 1) % step === 0 &&
    first < step &&
    values.at(-1)! + step > high
  )
    return `${two(first)}/${step}`;
  if (values.length > 3 && even && step > 1) return `${two(first)}..${two(values.at(-1)!)}/${step}`;
  return runs(values)
    .flatMap(([from, to]) =>
      to - from > 1 ? [`${two(from)}..${two(to)}`] : to === from ? [two(from)] : [two(from), two(to)],
    )
    .join(",");
}

function runs(values: readonly number[]): [first: number, last: number][] {
  const found: [number, number][] = [];
  for (const value of values) {
    const last = found.at(-1);
    if (last && value === last[1] + 1) last[1] = value;
    else found.push([value, value]);
  }
  return found;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
