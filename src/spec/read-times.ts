import type { Diagnostic, Place } from "../report/diagnostic.ts";
import type { CalendarExpression } from "../schedule/calendar-expression.ts";
import { parseCalendar } from "../schedule/parse-calendar.ts";
import { readZone } from "../schedule/read-zone.ts";
import { recognizeForeignTime } from "./foreign-times.ts";
import type { JobSpec } from "./job-schema.ts";
import { timesOf, zoneOf } from "./job-times.ts";
import { nearest } from "./nearest.ts";
import type { Spec } from "./spec.ts";
import type { Path } from "./tree.ts";

/** One time of a job as it was written, and what systemd makes of it. */
export type ReadTime = { written: string; at: Place; expression: CalendarExpression };

// Abbreviations such as EST are those of the host that compiles, so they are not taken.
const zones = { named: readZone, hostAbbreviations: () => ["", ""] as const };

/** Reads the times of a job. What cannot be read is said at its very column. */
export function readTimes(
  spec: Spec,
  name: string,
  job: JobSpec,
): { times: ReadTime[]; diagnostics: Diagnostic[] } {
  const times: ReadTime[] = [];
  const diagnostics: Diagnostic[] = [];
  const written = job.at === undefined ? [] : typeof job.at === "string" ? [job.at] : job.at;
  const full = timesOf(spec, { ...job, every: undefined });
  for (const [index, text] of written.entries()) {
    const path: Path = typeof job.at === "string" ? ["jobs", name, "at"] : ["jobs", name, "at", index];
    const at = spec.placeOf(path);
    const parsed = parseCalendar(full[index]!, zones);
    if (parsed.ok) times.push({ written: text, at, expression: parsed.value });
    else diagnostics.push(describeMisread(name, text, at, parsed, zoneOf(spec, job)));
  }
  return { times, diagnostics };
}

type Misread = { at: number; expected: string };

function describeMisread(job: string, text: string, at: Place, misread: Misread, zone: string): Diagnostic {
  const last = text.split(" ").at(-1)!;
  const place = placeWithin(at, text, misread.at);
  const foreign = recognizeForeignTime(text);
  if (!foreign && /^[A-Za-z_]+\/[A-Za-z_/+-]+$/.test(last)) {
    const near = nearest(last, Intl.supportedValuesOf("timeZone"));
    return {
      severity: "error",
      code: "spec/bad-zone",
      summary: `Cannot find the time zone "${last}" of job "${job}" on this machine`,
      at: placeWithin(at, text, text.length - last.length),
      ...(near === undefined ? {} : { fix: text.replace(last, near) }),
    };
  }
  const abbreviation = !foreign && text !== last && /^[A-Z]{3,4}$/.test(last);
  return {
    severity: "error",
    code: "spec/bad-schedule",
    summary: `Cannot read the time "${text}" of job "${job}"`,
    at: foreign ? at : place,
    detail: abbreviation
      ? `"${last}" may mean several zones; a zone is written as area and city`
      : (foreign?.what ?? `expected ${misread.expected}`),
    fix: abbreviation
      ? `at: "${text.slice(0, -last.length)}${zone === "UTC" ? "America/New_York" : zone}"`
      : foreign?.fix === undefined
        ? 'such as "Mon..Fri 07:30"; try it: systemd-analyze calendar'
        : `at: "${foreign.fix}"`,
  };
}

/** From a position in the text to the end of its word; the whole when the file writes it in another way, as over two lines. */
function placeWithin(at: Place, text: string, from: number): Place {
  const quotes = at.length - text.length;
  if (quotes !== 0 && quotes !== 2) return at;
  const end = text.indexOf(" ", from);
  const length = (end === -1 ? text.length : end) - from;
  return { ...at, column: at.column + quotes / 2 + from, length: Math.max(1, length) };
}
