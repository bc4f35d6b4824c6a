import {
  microsPerSecond,
  weekdayNames,
  type CalendarExpression,
  type Field,
  type Range,
} from "./calendar-expression.ts";

/** The text systemd-analyze(1) calls the normalized form. */
export function formatCalendar(expression: CalendarExpression): string {
  const { year, month, day, hour, minute, micros } = expression;
  const date = `${field(year, 4)}-${field(month, 2)}${expression.fromMonthEnd ? "~" : "-"}${field(day, 2)}`;
  const time = `${field(hour, 2)}:${field(minute, 2)}:${secondsField(micros)}`;
  const zone = expression.zone?.name ?? expression.abbreviation?.name;
  return [weekdays(expression.weekdays), date, time, zone].filter((part) => part !== undefined).join(" ");
}

function weekdays(bits: number | null): string | undefined {
  if (bits === null) return undefined;
  const parts: string[] = [];
  for (let day = 0; day < 7; day++) {
    if (!(bits & (1 << day))) continue;
    const first = day;
    while (bits & (1 << (day + 1))) day++;
    const [from, to] = [weekdayNames[first]!, weekdayNames[day]!];
    // Two neighbours are a list, more are a range.
    parts.push(day === first ? from : `${from}${day > first + 1 ? ".." : ","}${to}`);
  }
  return parts.join(",");
}

function field(ranges: Field, width: number): string {
  if (ranges.length === 0) return "*";
  const number = (value: number) => String(value).padStart(width, "0");
  return ranges.map((range) => rangeText(range, number, 1)).join(",");
}

function secondsField(ranges: Field): string {
  const everySecond = ({ start, stop, step }: Range) =>
    start === 0 && stop === null && step === microsPerSecond;
  if (ranges.length === 0 || ranges.some(everySecond)) return "*";
  return ranges.map((range) => rangeText(range, seconds, microsPerSecond)).join(",");
}

function rangeText({ start, stop, step }: Range, number: (value: number) => string, unit: number): string {
  const range = stop === null ? number(start) : `${number(start)}..${number(stop)}`;
  if (step === 0 || (stop !== null && step === unit)) return range;
  return `${range}/${number(step).replace(/^0+(?=\d)/, "")}`;
}

function seconds(micros: number): string {
  const whole = String(Math.floor(micros / microsPerSecond)).padStart(2, "0");
  const fraction = micros % microsPerSecond;
  return fraction === 0 ? whole : `${whole}.${String(fraction).padStart(6, "0")}`;
}
