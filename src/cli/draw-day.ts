import { isComing, type ComingRun } from "../gate/simulate.ts";
import { readWall, type ComingDays } from "../gate/coming-days.ts";
import type { Style } from "../report/style.ts";

const hour = 3_600_000;
const nameWidth = 18;

/** One day on one axis: two columns for each hour that passes, one row for each job; at most 80 columns wide. */
export function drawDay(days: ComingDays, labelOf: (run: ComingRun) => string, style: Style): string[] {
  const [start, end] = [days.starts[0]!, days.starts[1]!];
  const hours = Math.ceil((end - start) / hour);
  const rows = new Map<string, ComingRun[]>();
  for (const run of days.runs) rows.set(labelOf(run), [...(rows.get(labelOf(run)) ?? []), run]);
  const drawn = [...rows].map(([label, runs]) => [label, cells(runs, start, hours)] as const);
  const scale = (zone: ComingDays["zone"]) =>
    Array.from({ length: hours }, (_, index) => readWall(zone, start + index * hour).time.slice(0, 2));
  const sameClock = scale(days.zone).join() === scale(days.hostZone).join();
  return [
    `${short(days.zone.name)}  ${thinned(scale(days.zone))}`,
    ...(sameClock
      ? []
      : [style.dim(`${short(`host: ${days.hostZone.name}`)}  ${thinned(scale(days.hostZone))}`)]),
    ...drawn.map(([label, line]) => `${short(label)}  ${line}`),
    style.dim(legend(drawn.map(([, line]) => line).join(""))),
  ];
}

function short(text: string): string {
  return (text.length > nameWidth ? `${text.slice(0, nameWidth - 2)}..` : text).padEnd(nameWidth);
}

/** Every third hour has its number; on a day when clocks change, the numbers show it. */
function thinned(scale: readonly string[]): string {
  return scale
    .map((text, index) => (index % 3 === 0 ? text : "  "))
    .join("")
    .trimEnd();
}

function cells(runs: readonly ComingRun[], start: number, hours: number): string {
  const byCell = Map.groupBy(runs, ({ slot }) => Math.floor((slot - start) / (hour / 2)));
  return Array.from({ length: hours * 2 }, (_, index) => {
    const here = byCell.get(index);
    return here ? mark(here) : index % 2 === 0 ? "." : " ";
  })
    .join("")
    .trimEnd();
}

function mark(runs: readonly ComingRun[]): string {
  const coming = runs.filter(isComing);
  if (coming.length === 0) return runs.some(({ day }) => day === "unknown") ? "?" : "x";
  if (coming.some(({ together }) => together.length > 0)) return "!";
  if (coming.some(({ during }) => during.length > 0)) return "~";
  if (coming.length > 1) return coming.length > 9 ? "#" : String(coming.length);
  return coming[0]!.day === "half" ? "h" : "*";
}

function legend(drawn: string): string {
  const words: readonly (readonly [RegExp, string])[] = [
    [/\*/, "* runs"],
    [/h/, "h half day"],
    [/x/, "x closed"],
    [/\?/, "? nobody knows"],
    [/!/, "! same time as another"],
    [/~/, "~ another may still run"],
    [/[2-9#]/, "2..9 # several in half an hour"],
  ];
  return words.flatMap(([sign, word]) => (sign.test(drawn) ? word : [])).join(", ");
}
