import type { Style } from "../../report/style.ts";
import { describeAsked } from "../asked-upstreams.ts";
import type { Outcome, Verdict } from "../outcome.ts";
import { countVerdicts, shownTime, type Report } from "../rehearse.ts";
import { describeDuration } from "../../value/duration.ts";
import { worstOf } from "../../value/severity.ts";

const marks: Readonly<Record<Verdict, string>> = { kept: "✓", broken: "✗", gap: "!", "not-rehearsed": "·" };

/** The report as a table for a terminal; what is broken is told in full below it. */
export function describeReport(report: Report, style: Style): string {
  const done = report.outcomes.filter(({ verdict }) => verdict !== "not-rehearsed");
  const skipped = report.outcomes.filter(({ verdict }) => verdict === "not-rehearsed");
  const rows = done.map((one) => [
    one.service ?? "(all)",
    one.fault,
    shownTime(one.detect),
    shownTime(one.recover),
    toldWords(one),
    one.says,
  ]);
  const heads = ["service", "fault", "seen", "ready", "told", "what happened"];
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column]!)))
      .join("  ");
  const painted = (verdict: Verdict) =>
    ({ kept: style.good, broken: style.bad, gap: style.warn, "not-rehearsed": style.dim })[verdict](
      marks[verdict],
    );
  return [
    style.strong(`${report.app}: ${countVerdicts(report.outcomes)}`) +
      style.dim(
        `  (${report.live ? "live" : `up in ${describeDuration(report.upMillis)}`}, all of it ${describeDuration(report.millis)}, systemd ${report.systemd}${report.tree === undefined ? "" : `, ${report.tree}`})`,
      ),
    "",
    `  ${style.dim(line(heads))}`,
    ...done.map((one, index) => `${painted(one.verdict)} ${line(rows[index]!)}`),
    ...problems(done, style),
    ...(skipped.length === 0
      ? []
      : [
          "",
          style.dim("Not rehearsed:"),
          ...groupByReason(skipped).map(([why, what]) => style.dim(`  ${what.join(", ")}: ${why}`)),
        ]),
    ...paced(report).map((text, index) => `${index === 0 ? "\n" : ""}${style.dim(text)}`),
    ...(report.standIns.length === 0
      ? []
      : [style.dim(`Stand-ins instead of live secrets: ${report.standIns.join(", ")}`)]),
    ...(report.unlike ?? []).map((what) => style.dim(`Not as on this machine: ${what}`)),
    ...(report.upstreams ?? []).map((one) => style.dim(describeAsked(one))),
  ].join("\n");
}

/** Times that were others on the copy than in the spec. */
function paced({ shortened }: Report): string[] {
  const list = (some: Report["shortened"]): string =>
    some.map(({ key, from, to }) => `${key} ${from} -> ${to}`).join(", ");
  const [longer, shorter] = [shortened.filter((one) => one.longer), shortened.filter((one) => !one.longer)];
  return [
    ...(shorter.length === 0 ? [] : [`Shortened here: ${list(shorter)}`]),
    ...(longer.length === 0 ? [] : [`Longer here, where the processor is emulated: ${list(longer)}`]),
  ];
}

function problems(outcomes: readonly Outcome[], style: Style): string[] {
  return outcomes
    .filter(({ verdict }) => verdict === "broken" || verdict === "gap")
    .flatMap((one) => [
      "",
      `${one.verdict === "broken" ? style.bad("Broken") : style.warn("Not promised")}: ${one.promise}${one.service === null ? "" : style.dim(` (${one.because})`)}`,
      `  ${one.says}`,
      ...(one.fix === null ? [] : [`  Fix: ${one.fix}`]),
    ]);
}

/** What was not rehearsed, once for each reason, however many faults have it. */
export function groupByReason(skipped: readonly Outcome[]): [why: string, what: string[]][] {
  const byReason = new Map<string, string[]>();
  for (const { service, fault, says } of skipped)
    byReason.set(says, [...(byReason.get(says) ?? []), service === null ? fault : `${service} ${fault}`]);
  return [...byReason];
}

/** Who was told, and how bad it was called. What was sent to nobody is on record only. */
function toldWords({ told }: Outcome): string {
  if (told.length === 0) return "-";
  const to = [...new Set(told.flatMap((one) => one.to))];
  return to.length === 0 ? "record" : `${worstOf(told.map(({ severity }) => severity))} (${to.join(", ")})`;
}
