import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { formatCalendar } from "../../src/schedule/format-calendar.ts";
import { instantOf, type Instant } from "../../src/schedule/instant.ts";
import { nextElapse } from "../../src/schedule/next-elapse.ts";
import { parseCalendar } from "../../src/schedule/parse-calendar.ts";
import { readHostZone, readZone } from "../../src/schedule/read-zone.ts";
import { abbreviationsAt, type Zone } from "../../src/schedule/zone.ts";
import { dstZones, makeCalendarCases, otherZones } from "./calendar-cases.ts";

// Against the real systemd-analyze(1), which prints whole seconds; HOLDFAST_SEED repeats a run, HOLDFAST_MANY=1 makes it a long one.
const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000);
const perZone = process.env.HOLDFAST_MANY === "1" ? 1_800 : 300;
const perCall = 30;
const iterations = 3;

/** What the zone of the host would be: TZ= of systemd-analyze, null for none. */
const hostZones = [...dstZones, ...otherZones, null];

/** The normalized form and the elapses that follow in whole seconds, "never" where they end. */
type Answer = "refused" | "gave up" | { normalized: string; elapses: (number | "never")[] };

describe(`calendar expressions, seed ${seed}`, () => {
  test.each(hostZones)("TZ=%s", (name) => {
    const disagreements: unknown[] = [];
    const cases = makeCalendarCases(seed + hostZones.indexOf(name), perZone);
    for (let i = 0; i < cases.length; i += perCall) {
      const base = cases[i]!.base;
      const expressions = cases.slice(i, i + perCall).map(({ expression }) => expression);
      const theirs = askSystemd(expressions, base, name);
      for (const [k, expression] of expressions.entries()) {
        const ours = answer(expression, base, name);
        if (!agree(ours, theirs[k]!)) disagreements.push({ expression, base, ours, theirs: theirs[k] });
      }
    }
    expect(disagreements).toEqual([]);
  });
});

function agree(ours: Answer, theirs: Answer): boolean {
  // After a thousand rounds systemd gives up, with an error instead of a result; its timers then never elapse.
  if (theirs === "gave up") return typeof ours === "object" && ours.elapses.includes("never");
  return JSON.stringify(ours) === JSON.stringify(theirs);
}

function answer(expression: string, base: number, name: string | null): Answer {
  const host: Zone = name === null ? readHostZone() : readZone(name)!;
  const abbreviations = abbreviationsAt(host, base / 1e6);
  const parsed = parseCalendar(expression, { named: readZone, hostAbbreviations: () => abbreviations });
  if (!parsed.ok) return "refused";
  const elapses: (number | "never")[] = [];
  let at: Instant | null = instantOf(base);
  for (let i = 0; i < iterations && at !== null; i++) {
    at = nextElapse(parsed.value, at, host);
    elapses.push(at === null ? "never" : Math.floor(at / 1e6));
  }
  return { normalized: formatCalendar(parsed.value), elapses };
}

function askSystemd(expressions: readonly string[], base: number, zone: string | null): Answer[] {
  const moment = `@${Math.floor(base / 1e6)}.${String(base % 1e6).padStart(6, "0")}`;
  const options = ["calendar", `--iterations=${iterations}`, `--base-time=${moment}`, "--"];
  const env = {
    PATH: process.env.PATH,
    LC_ALL: "C",
    COLUMNS: "2000",
    ...(zone === null ? {} : { TZ: `:${zone}` }),
  };
  const result = spawnSync("systemd-analyze", [...options, ...expressions], { env, encoding: "utf8" });
  // Blocks are separated by an empty line; that of a refused expression is empty.
  const blocks: string[][] = [[]];
  for (const line of result.stdout.trimEnd().split("\n")) {
    if (line === "") blocks.push([]);
    else blocks.at(-1)!.push(line);
  }
  return expressions.map((expression, i) => {
    const gaveUp = result.stderr.includes(`Failed to determine next elapse for '${expression}'`);
    return gaveUp ? "gave up" : readBlock(blocks[i] ?? []);
  });
}

function readBlock(lines: readonly string[]): Answer {
  const value = (pattern: RegExp) =>
    lines.filter((line) => pattern.test(line)).map((line) => line.replace(pattern, ""));
  const normalized = value(/^ *Normalized form: /)[0];
  if (normalized === undefined) return "refused";
  const shown = value(/^ *(Next elapse|Iter\. #\d+|Iteration #\d+): /);
  // Where the host's zone is not UTC, a second line has the time in UTC.
  const inUtc = value(/^ *\(in UTC\): /);
  const elapses = (inUtc.length > 0 ? inUtc : shown).map((text) =>
    text === "never" ? text : Date.parse(text.replace(/^\w+ ([\d-]+) ([\d:]+) UTC$/, "$1T$2Z")) / 1000,
  );
  if (elapses.length < iterations && elapses.at(-1) !== "never") elapses.push("never");
  return { normalized, elapses };
}
