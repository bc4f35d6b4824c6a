import type { Diagnosis, End } from "../observe/diagnose/diagnosis.ts";
import type { Style } from "../report/style.ts";
import { describeDuration } from "../value/duration.ts";
import { printable } from "../value/printable.ts";
import { describeLogLine, describeTime } from "./describe-log-line.ts";

export type DiagnosisLayout = { style: Style; log: boolean };

/** More ends than fit on a screen help nobody; --json has them all. */
const mostEnds = 12;

/** A diagnosis as one screen: what is so and what to do come first, what it is concluded from after that. */
export function describeDiagnosis(one: Diagnosis, { style, log }: DiagnosisLayout): string {
  return [
    head(one, style),
    ...one.causes.flatMap(({ what, fix }, index) => [
      `  ${index === 0 ? "Cause:" : "Also: "}  ${what}`,
      ...(fix === null ? [] : [`    Fix:   ${fix}`]),
    ]),
    ...ends(one, style),
    ...one.limits.map(
      ({ name, words, hit }) =>
        `  ${(hit ? style.bad : (text: string) => text)(`${name.padEnd(8)} ${words}`)}`,
    ),
    ...restarts(one),
    ...one.giveUps.map(
      (give) =>
        `  gave up  ${printable(`${describeTime(Date.parse(give.at) * 1000, false)}  ${give.reason}`)}`,
    ),
    ...(log ? lastLines(one, style) : []),
  ].join("\n");
}

function head({ service, unit, active, sub, since, verdict }: Diagnosis, style: Style): string {
  const mark = { well: style.good("●"), stopped: style.warn("○"), trouble: style.bad("✗") }[verdict];
  const state = active === sub || active === "active" ? active : `${active} (${sub})`;
  const span = since === null ? "" : ` for ${describeDuration(Date.now() - Date.parse(since))}`;
  const tail = verdict === "well" ? ": nothing is wrong" : "";
  // One that Holdfast did not write has no other name.
  const name = service === unit ? style.strong(unit) : `${style.strong(service)} (${unit})`;
  return `${mark} ${name}  ${state}${span}${tail}`;
}

function ends({ ends }: Diagnosis, style: Style): string[] {
  if (ends.length === 0) return [];
  const shown = ends.slice(-mostEnds);
  const left = ends.length - shown.length;
  return [
    `  ends     ${ends.length} in this time${left === 0 ? "" : `; the last ${shown.length}`}`,
    ...shown.map(
      (end) => `    ${style.dim(describeTime(Date.parse(end.at) * 1000, false))}  ${describeEnd(end)}`,
    ),
  ];
}

function describeEnd({ reason, ranMillis, words }: End): string {
  const ran = ranMillis === null ? "" : `ran ${describeDuration(ranMillis)}`;
  return `${reason.padEnd(15)} ${ran.padEnd(16)} ${words}`;
}

function restarts({ restarts: budget }: Diagnosis): string[] {
  if (budget === null) return [];
  const rest = budget.spent ? "; none is left" : "";
  return [
    `  starts   ${budget.used} of ${budget.of} within ${describeDuration(budget.windowMillis)} used${rest}`,
  ];
}

function lastLines({ log }: Diagnosis, style: Style): string[] {
  if (log.length === 0) return ["  log      it wrote nothing"];
  const layout = { style, precise: false, nameWidth: 0, withApp: false };
  return [
    "  log      its last lines",
    ...log.map((line) => `    ${describeLogLine({ ...line, service: "" }, layout)}`),
  ];
}
