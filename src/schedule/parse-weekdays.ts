import { Misread, type Scanner } from "./scanner.ts";

const names = /(Mon(day)?|Tue(sday)?|Wed(nesday)?|Thu(rsday)?|Fri(day)?|Sat(urday)?|Sun(day)?)/iy;
const order = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** Reads days of the week, one bit each, Monday's the lowest; 0 and nothing consumed where none are given. */
export function parseWeekdays(scanner: Scanner): number {
  let bits = 0;
  let rangeFrom: number | null = null;
  for (;;) {
    const at = scanner.at;
    const name = scanner.match(names);
    if (name === null) {
      if (bits === 0) return 0;
      throw new Misread(at, "a day of the week such as Mon");
    }
    if (!scanner.isAt(/$|[-., ]/y))
      throw new Misread(scanner.at, "a space, comma or .. behind a day of the week");
    const day = order.indexOf(name.slice(0, 3).toLowerCase());
    if (rangeFrom !== null && rangeFrom > day)
      throw new Misread(
        at,
        "a later day: the week begins with Monday, so write Sat,Sun,Mon rather than Sat..Mon",
      );
    for (let i = rangeFrom ?? day; i <= day; i++) bits |= 1 << i;

    if (scanner.match(/$| +/y) !== null) return bits;
    if (scanner.take(",")) {
      rangeFrom = null;
      // A comma too many is forgiven.
      if (scanner.match(/$| +/y) !== null) return bits;
      continue;
    }
    if (rangeFrom !== null) throw new Misread(scanner.at, "a comma or a space behind a range of days");
    // A lone - is how ranges were written before systemd 233.
    if (!scanner.take("..") && !scanner.take("-")) throw new Misread(scanner.at, ".. between two days");
    rangeFrom = day;
    if (scanner.isAt(/$| /y)) throw new Misread(scanner.at, "the day on which the range ends");
  }
}
