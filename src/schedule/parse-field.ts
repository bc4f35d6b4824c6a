import { firstYear, lastYear, microsPerSecond, type Field, type Range } from "./calendar-expression.ts";
import { compareRanges } from "./field.ts";
import { everySecond } from "./shorthands.ts";
import { Misread, type Scanner } from "./scanner.ts";

/** One field as written, with the place of each range, so that a value out of bounds can be shown where it stands. */
export type WrittenField = { readonly ranges: readonly WrittenRange[] };
type WrittenRange = Range & { readonly at: number };

export type FieldKind = "year" | "month" | "day" | "day from the end" | "hour" | "minute" | "second";

const bounds: Record<FieldKind, readonly [lowest: number, highest: number, words: string]> = {
  year: [firstYear, lastYear, "a year from 1970 to 2199"],
  month: [1, 12, "a month from 1 to 12"],
  day: [1, 31, "a day from 1 to 31"],
  "day from the end": [1, 28, "a day from 1 to 28, counted from the end of the month"],
  hour: [0, 23, "an hour from 0 to 23"],
  minute: [0, 59, "a minute from 0 to 59"],
  second: [0, 60 * microsPerSecond - 1, "a second from 0 to below 60"],
};
const maxRanges = 241;
// systemd keeps values in a C int, microseconds among them.
const maxValue = 2 ** 31 - 1;

/** Reads `*` or a list such as `1,5..9,20/2`; the kind of field is known only later for some, so bounds are for checkField. */
export function parseField(scanner: Scanner, fractions = false): WrittenField {
  if (scanner.take("*"))
    return { ranges: fractions ? everySecond.map((range) => ({ ...range, at: scanner.at - 1 })) : [] };
  const ranges: WrittenRange[] = [];
  do {
    if (ranges.length === maxRanges) throw new Misread(scanner.at, `at most ${maxRanges} values`);
    ranges.push(parseRange(scanner, fractions));
  } while (scanner.take(","));
  return { ranges };
}

function parseRange(scanner: Scanner, fractions: boolean): WrittenRange {
  const at = scanner.at;
  const start = parseNumber(scanner, fractions);
  let stop: number | null = null;
  let step = 0;
  if (scanner.take("..")) {
    stop = parseNumber(scanner, fractions);
    step = fractions ? microsPerSecond : 1;
  }
  if (scanner.take("/")) {
    const stepAt = scanner.at;
    step = parseNumber(scanner, fractions);
    if (step === 0) throw new Misread(stepAt, "a step greater than 0");
  } else if (fractions && stop !== null && start + step > stop) {
    throw new Misread(at, "a range of at least a second, or a step behind it such as /0.1");
  }
  if (!scanner.isAt(/$|[ ,:~-]/y))
    throw new Misread(scanner.at, "a digit, or one of , .. / - ~ : or the end");
  return { at, start, stop, step };
}

function parseNumber(scanner: Scanner, fractions: boolean): number {
  const at = scanner.at;
  const digits = scanner.match(/\d+/y);
  if (digits === null) throw new Misread(at, "a number");
  let value = Number(digits);
  if (fractions) {
    value *= microsPerSecond;
    // One point begins a fraction, two a range.
    const fraction = scanner.match(/\.(?!\.)\d*/y);
    if (fraction === ".") throw new Misread(scanner.at, "a digit");
    if (fraction !== null) {
      const micros = Number(fraction.slice(1, 7).padEnd(6, "0"));
      value += micros + (fraction.charAt(7) >= "5" ? 1 : 0);
    }
  }
  if (value > maxValue) throw new Misread(at, "a smaller number");
  return value;
}

/** Puts the field into systemd's normal form, and refuses values that its kind cannot have. */
export function checkField(kind: FieldKind, written: WrittenField): Field {
  const ranges = written.ranges
    .map((range) => normalize(kind === "year" ? inCentury(range) : range))
    .sort(compareRanges)
    .filter((range, i, sorted) => i === 0 || compareRanges(range, sorted[i - 1]!) !== 0);
  for (const [i, range] of ranges.entries()) checkRange(kind, range, i);
  return ranges.map(({ start, stop, step }) => ({ start, stop, step }));
}

function checkRange(kind: FieldKind, { at, start, stop, step }: WrittenRange, index: number): void {
  const [lowest, limit, words] = bounds[kind];
  const fromEnd = kind === "day from the end";
  // systemd takes three days off its limit of 31 for the first in a list, and by mistake another three for each further one.
  const highest = fromEnd ? limit - 3 * index : limit;
  const fits = (value: number) => value >= lowest && value <= highest;
  if (!fits(start) || (stop !== null && !fits(stop)))
    throw new Misread(
      at,
      index === 0 || !fromEnd ? words : `${words}; in this place of a list, at most ${highest}`,
    );
  if (stop !== null && start + step > stop) throw new Misread(at, "a range that goes up");
  // Days from the end count down to the last one.
  if (step > highest - lowest || (stop === null && !fits(fromEnd ? start - step : start + step)))
    throw new Misread(at, `a step small enough to stay within ${words.replace(/^an? /, "")}`);
}

function normalize(range: WrittenRange): WrittenRange {
  const { start, step } = range;
  let { stop } = range;
  if (stop !== null && stop > start && step > 0) stop -= (stop - start) % step;
  return start === stop ? { ...range, stop: null, step: 0 } : { ...range, stop };
}

function inCentury(range: WrittenRange): WrittenRange {
  const year = (value: number) => (value < 70 ? value + 2000 : value < 100 ? value + 1900 : value);
  return { ...range, start: year(range.start), stop: range.stop === null ? null : year(range.stop) };
}
