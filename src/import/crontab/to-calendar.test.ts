import * as fc from "fast-check";
import { expect, test } from "vitest";
import { elapses } from "../../schedule/elapses.ts";
import { instantOf } from "../../schedule/instant.ts";
import { parseCalendar } from "../../schedule/parse-calendar.ts";
import { utc } from "../../schedule/zone.ts";
import { fieldsOfWord, readCronTime } from "./cron-time.ts";
import { toCalendars } from "./to-calendar.ts";

/** Written from crontab(5) alone, and by another road: it looks at every minute of every day and reads the field each time. */
function cronRuns(fields: readonly string[], date: Date): boolean {
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string];
  const names = {
    month: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    day: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
  };
  const number = (text: string, list: readonly string[] = [], from = 0): number => {
    const at = list.indexOf(text.toUpperCase());
    return at < 0 ? Number(text) : at + from;
  };
  const fits = (
    field: string,
    value: number,
    low: number,
    high: number,
    list?: readonly string[],
    from?: number,
  ): boolean =>
    field.split(",").some((part) => {
      const [range = "", step = "1"] = part.split("/");
      const [a = "", b = a] = range === "*" ? [String(low), String(high)] : range.split("-");
      const first = number(a, list, from);
      const last = number(b, list, from);
      return value >= first && value <= last && (value - first) % Number(step) === 0;
    });
  const inDay = fits(day, date.getUTCDate(), 1, 31);
  const w = date.getUTCDay();
  const inWeek = fits(weekday, w, 0, 7, names.day) || (w === 0 && fits(weekday, 7, 0, 7, names.day));
  const days = day.startsWith("*") || weekday.startsWith("*") ? inDay && inWeek : inDay || inWeek;
  return (
    days &&
    fits(month, date.getUTCMonth() + 1, 1, 12, names.month, 1) &&
    fits(hour, date.getUTCHours(), 0, 23) &&
    fits(minute, date.getUTCMinutes(), 0, 59)
  );
}

function slotsOfCron(fields: readonly string[], from: number, to: number): number[] {
  const found: number[] = [];
  // Whole days are passed over by looking at the day alone, with any time of it.
  for (let day = from; day < to; day += 86_400_000) {
    if (!cronRuns(["*", "*", fields[2]!, fields[3]!, fields[4]!], new Date(day))) continue;
    for (let hour = day; hour < day + 86_400_000; hour += 3_600_000) {
      if (!cronRuns(["*", fields[1]!, "*", "*", "*"], new Date(hour))) continue;
      for (let minute = hour; minute < hour + 3_600_000; minute += 60_000)
        if (cronRuns(fields, new Date(minute))) found.push(minute);
    }
  }
  return found;
}

function slotsOfSystemd(calendars: readonly string[], from: number, to: number): number[] {
  const found = new Set<number>();
  for (const calendar of calendars) {
    const parsed = parseCalendar(calendar);
    if (!parsed.ok) throw new Error(`${calendar}: ${parsed.expected}`);
    for (const slot of elapses(parsed.value, instantOf((from - 1) * 1000), instantOf((to - 1) * 1000), utc))
      found.add(slot / 1000);
  }
  return [...found].toSorted((a, b) => a - b);
}

const part = (low: number, high: number, names: readonly string[] = []): fc.Arbitrary<string> => {
  const value = fc.integer({ min: low, max: high });
  const step = fc.integer({ min: 1, max: Math.ceil((high - low) * 0.7) });
  const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant("*") },
    { weight: 2, arbitrary: step.map((by) => `*/${by}`) },
    { weight: 3, arbitrary: value.map(String) },
    { weight: 2, arbitrary: range },
    { weight: 2, arbitrary: fc.tuple(range, step).map(([written, by]) => `${written}/${by}`) },
    ...(names.length > 0 ? [{ weight: 1, arbitrary: fc.constantFrom(...names) }] : []),
  );
};
const list = (low: number, high: number, names?: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 3, arbitrary: part(low, high, names) },
    {
      weight: 1,
      arbitrary: fc
        .array(part(low, high, names), { minLength: 2, maxLength: 4 })
        .map((parts) => parts.join(",")),
    },
  );
const line = fc.tuple(
  list(0, 59),
  list(0, 23),
  list(1, 31),
  list(1, 12, ["jan", "Feb", "DEC"]),
  list(0, 7, ["mon", "Sun", "FRI"]),
);

test("over years a timer elapses at the very minutes of cron", { timeout: 120_000 }, () => {
  const from = Date.UTC(2027, 0, 1);
  fc.assert(
    fc.property(line, (fields) => {
      const read = readCronTime(fields, "");
      if (!read.ok) throw new Error(`${fields.join(" ")}: ${read.why}`);
      // Four years, so that 29 February is among them; less where there are very many slots.
      const days = read.value.minute.length * read.value.hour.length > 24 ? 70 : 1461;
      const to = from + days * 86_400_000;
      const [ours, theirs] = [
        slotsOfSystemd(toCalendars(read.value), from, to),
        slotsOfCron(fields, from, to),
      ];
      expect(ours.length).toBe(theirs.length);
      expect(ours.filter((slot, index) => slot !== theirs[index])).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test.each([
  ["*/5 * * * *", ["*:00/5"]],
  ["0 2 * * *", ["02:00"]],
  ["0 3 * * 0", ["Sun 03:00"]],
  ["*/30 9-17 * * 1-5", ["Mon..Fri 09..17:00/30"]],
  ["0 0 1,15 * 5", ["*-*-01,15 00:00", "Fri 00:00"]],
  ["0 0 */2 * 1", ["Mon *-*-01..31/2 00:00"]],
  ["0 0 1-31 * 1", ["00:00"]],
  ["*/7 * * * *", ["*:00..56/7"]],
  ["0 4 29 feb sun,7", ["*-02-29 04:00", "Sun *-02-* 04:00"]],
  ["0 4 31 2 *", []],
])("%s is %j", (written, calendars) => {
  const read = readCronTime(written.split(" "), "");
  expect(read.ok && toCalendars(read.value)).toEqual(calendars);
});

test.each([
  ["5/10 * * * *", 0, "do not agree"],
  ["* 22-2 * * *", 1, "goes down"],
  ["* * L * *", 2, "Quartz"],
  ["H * * * *", 0, "Jenkins"],
  ["* * * 13 *", 3, "no month"],
  ["*/0 * * * *", 0, "no number above 0"],
])("%s is refused with its reason", (written, field, why) => {
  const read = readCronTime(written.split(" "), "");
  expect(read).toMatchObject({ ok: false, field });
  expect(!read.ok && read.why).toContain(why);
});

test("cron picks one value of a range with ~, and so do we: the same one each time", () => {
  const pick = (seed: string) => {
    const read = readCronTime("10~40 * * * *".split(" "), seed);
    return read.ok ? read.value.minute : [];
  };
  expect(pick("a")).toHaveLength(1);
  expect(pick("a")).toEqual(pick("a"));
  expect(pick("a")[0]).toBeGreaterThanOrEqual(10);
  expect(new Set(["a", "b", "c", "d", "e"].map((seed) => pick(seed)[0])).size).toBeGreaterThan(1);
});

test("words stand for their fields", () => {
  expect(fieldsOfWord("@daily")).toEqual(["0", "0", "*", "*", "*"]);
  expect(fieldsOfWord("@reboot")).toBeUndefined();
});
