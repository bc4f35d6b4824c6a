import { listElapses } from "../src/schedule/elapses.ts";
import { instantOfMillis } from "../src/schedule/instant.ts";
import { parseCalendar } from "../src/schedule/parse-calendar.ts";
import { readZone } from "../src/schedule/read-zone.ts";
import { utc } from "../src/schedule/zone.ts";
import type { Row } from "./measure.ts";

/** A suite as people write them: each expression stands for ten jobs, in zones with and without daylight saving time. */
const suite = [
  "Mon..Fri 09:30 America/New_York",
  "Mon..Fri 08:00,16:05 America/New_York",
  "*-*-* 02:30 America/Chicago",
  "daily UTC",
  "weekly Europe/Berlin",
  "*-*~1 23:00 Australia/Lord_Howe",
  "hourly UTC",
  "Mon..Fri 9..17:0/30 Asia/Kolkata",
  "*:0/15 UTC",
  "*:0/15 Europe/Berlin",
];
const years = 10;
const limit = 2000;

/** Finds all elapses of 100 jobs over ten years; the second row shows what it costs when every one of them runs each 15 minutes. */
export function scheduleRows(): Row[] {
  const mixed = simulate(suite.flatMap((expression) => Array.from({ length: 10 }, () => expression)));
  const frequent = simulate(Array.from({ length: 100 }, () => "*:0/15 America/New_York"));
  return [
    row("ten years of 100 jobs, weekly to every 15 minutes", mixed, true),
    row("ten years of 100 jobs, all every 15 minutes", frequent, false),
  ];
}

type Run = { millis: number; elapses: number };

function row(what: string, { millis, elapses }: Run, hasTarget: boolean): Row {
  const perSecond = elapses / (millis / 1000) / 1e6;
  const measured = `${millis.toFixed(0)} ms, ${(elapses / 1e6).toFixed(1)} M elapses, ${perSecond.toFixed(1)} M/s`;
  return {
    what,
    measured,
    target: hasTarget ? "under 2 s" : "",
    met: hasTarget ? millis < limit : null,
  };
}

function simulate(expressions: readonly string[]): Run {
  const began = performance.now();
  const from = instantOfMillis(Date.UTC(2026, 0, 1));
  const to = instantOfMillis(Date.UTC(2026 + years, 0, 1));
  let count = 0;
  for (const text of expressions) {
    const parsed = parseCalendar(text, { named: readZone, hostAbbreviations: () => ["UTC", "UTC"] });
    if (!parsed.ok) throw new Error(`${text}: expected ${parsed.expected}`);
    count += listElapses(parsed.value, from, to, utc).length;
  }
  return { millis: performance.now() - began, elapses: count };
}
