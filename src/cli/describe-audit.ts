import type { Finding, Unknown } from "../audit/finding.ts";
import type { Sandbox } from "../audit/sandbox.ts";
import { adviceFor } from "../report/advice.ts";
import type { Style } from "../report/style.ts";
import type { Acceptance, StoredFinding } from "../store/audit-findings.ts";
import { printable } from "../value/printable.ts";
import { severities, type Severity } from "../value/severity.ts";

export type ReportedFinding = Finding & {
  /** The part of the audit that found it. */
  subject: string;
  /** Not there at the audit before; null when nobody can tell. */
  new: boolean | null;
  /** Milliseconds since the epoch. */
  since: number | null;
  /** null: nobody has, or it has run out. */
  accepted: Acceptance | null;
  /** When an acceptance ended. */
  ranOut: number | null;
};

export type AuditReport = {
  quick: boolean;
  apps: readonly string[];
  host: boolean;
  failOn: Severity | "never";
  /** Of what is not accepted; null when there is nothing. */
  worst: Severity | null;
  failed: boolean;
  findings: readonly ReportedFinding[];
  gone: readonly StoredFinding[];
  unknown: readonly Unknown[];
  sandboxes: readonly Sandbox[];
  stored: boolean;
  previous: number | null;
};

/** An audit in words: what is wrong, the worst first; what nobody could see; what is accepted; how each service is shut in. */
export function describeAudit(report: AuditReport, style: Style, scope: "system" | "user"): string {
  const lines: string[] = [];
  const places: (string | null)[] = [...report.apps, ...(report.host ? [null] : [])];
  // What nobody may see is of no application that is audited.
  const others = report.unknown.some(({ app }) => app === null) && !report.host ? [null] : [];
  for (const app of [...places, ...others]) lines.push(...describePlace(app, report, style, scope), "");
  return [...lines, ...describeChange(report, style), describeEnd(report, style)].join("\n");
}

function describePlace(
  app: string | null,
  report: AuditReport,
  style: Style,
  scope: "system" | "user",
): string[] {
  const mine = report.findings.filter((one) => one.app === app);
  const open = mine.filter(({ accepted }) => accepted === null);
  const accepted = mine.filter((one) => one.accepted !== null);
  const unknown = report.unknown.filter((one) => one.app === app);
  const lines = [`${style.strong(app ?? "this host")}  ${countsOf(open, unknown.length, accepted.length)}`];
  for (const one of open) lines.push(...describeFinding(one, style, scope));
  for (const { what, why, fix } of unknown) {
    lines.push(`  ${style.warn("?")} ${printable(what)}: unknown, because ${printable(why)}`);
    if (fix !== null) lines.push(`      Fix: ${printable(adviceFor(scope, fix))}`);
  }
  for (const one of accepted)
    lines.push(
      `  ${style.dim("·")} ${printable(one.says)}  ${style.dim(`accepted until ${dayOf(one.accepted!.until)} by ${printable(one.accepted!.by)}: ${printable(one.accepted!.why)}  [${one.id}]`)}`,
    );
  for (const sandbox of report.sandboxes.filter((one) => one.app === app))
    lines.push(...describeSandbox(sandbox, report.quick, style));
  return lines;
}

function describeFinding(one: ReportedFinding, style: Style, scope: "system" | "user"): string[] {
  const paint = one.severity === "info" ? style.dim : one.severity === "warning" ? style.warn : style.bad;
  const mark = { critical: "✗", error: "✗", warning: "!", info: "·" }[one.severity];
  const notes = [
    ...(one.new === true ? ["new"] : []),
    ...(one.ranOut === null ? [] : [`accepted until ${dayOf(one.ranOut)}, which is over`]),
  ];
  return [
    `  ${paint(`${mark} ${one.severity}`)}: ${printable(one.says)}${notes.length === 0 ? "" : `  (${notes.join("; ")})`}`,
    `      ${style.dim(`${one.why}  [${one.id}]`)}`,
    `      Fix: ${printable(adviceFor(scope, one.fix))}`,
  ];
}

function describeSandbox({ unit, score, atMost, lines }: Sandbox, quick: boolean, style: Style): string[] {
  const off = lines.filter(({ on }) => !on);
  const limit = atMost === null ? "no limit is declared" : `at most ${atMost.toFixed(1)}`;
  // A list such as SystemCallFilter= has a line for each of its parts; what has one reason is said once.
  const groups = Map.groupBy(off, ({ directive, waivedBy }) => `${directive.split("=")[0]} ${waivedBy}`);
  const shown = [...groups.values()].map((group) => {
    const [first] = group;
    const exposure = group.reduce((sum, one) => sum + one.exposure, 0);
    const parts = group.slice(1).map(({ directive }) => directive.slice(directive.indexOf("=") + 1));
    const text = `${[first!.directive, ...parts].join(" ")}  ${first!.says} (${exposure.toFixed(1)})`;
    return {
      exposure,
      line: `    ${style.dim("-")} ${text}  ${style.dim(`off by ${printable(first!.waivedBy ?? "")}`)}`,
    };
  });
  const head = `  sandbox of ${unit}: ${score.toFixed(1)} of 10, lower is tighter (${limit}); ${lines.length - off.length} parts are on, ${off.length} are off`;
  // Every day the same in a log; who wants it asks for all.
  if (quick) return [head];
  return [`${head}:`, ...shown.toSorted((a, b) => b.exposure - a.exposure).map(({ line }) => line)];
}

function countsOf(open: readonly ReportedFinding[], unknown: number, accepted: number): string {
  const counts = severities.flatMap((severity) => {
    const count = open.filter((one) => one.severity === severity).length;
    return count === 0
      ? []
      : [`${count} ${severity}${count > 1 && /error|warning/.test(severity) ? "s" : ""}`];
  });
  return [
    counts.length === 0 ? "nothing found" : counts.join(", "),
    ...(unknown === 0 ? [] : [`${unknown} unknown`]),
    ...(accepted === 0 ? [] : [`${accepted} accepted`]),
  ].join(", ");
}

function describeChange({ previous, findings, gone, stored }: AuditReport, style: Style): string[] {
  if (!stored) return [];
  const fresh = findings.filter((one) => one.new === true).length;
  if (previous === null) return ["This is the first audit here; the next one says what is new."];
  const lines = [`Since ${new Date(previous).toISOString()}: ${fresh} new, ${gone.length} gone.`];
  for (const one of gone)
    lines.push(`  ${style.good("✓")} gone: ${printable(one.says)}  ${style.dim(`[${one.id}]`)}`);
  return lines;
}

function describeEnd({ quick, failed, failOn }: AuditReport, style: Style): string {
  const left = quick ? " Not looked at (--quick): the journal, git, packages, pending updates." : "";
  const said = failed
    ? style.bad(`Something is at or above ${failOn}.`)
    : `Nothing is at or above ${failOn}.`;
  return `${failOn === "never" ? "" : said}${left}`.trimStart();
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
