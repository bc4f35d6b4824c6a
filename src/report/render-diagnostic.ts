import type { Diagnostic, Place } from "./diagnostic.ts";
import type { Style } from "./style.ts";

/** Texts that may be shown around a place, by file. Environment files and the like are never in here: they hold secrets. */
export type Sources = ReadonlyMap<string, string>;

/** A diagnostic as people read it: place and summary, the line with a mark under it, the way out, the code. */
export function renderDiagnostic(diagnostic: Diagnostic, sources: Sources, style: Style): string {
  const { at, severity, label = severity, summary, detail, fix, code, related } = diagnostic;
  const place = at ? `${at.file}:${at.line}:${at.column}: ` : "";
  const kind = severity === "error" ? style.bad(`${label}: `) : style.warn(`${label}: `);
  const lines = [`${place}${kind}${style.strong(summary)}`];
  const shown = at && sourceLines(at, sources, style, detail);
  if (shown) lines.push(...shown);
  else if (detail !== undefined) lines.push(...detail.split("\n").map((line) => `  ${line}`));
  for (const other of related ?? [])
    lines.push(`  ${other.at.file}:${other.at.line}:${other.at.column}: ${other.note}`);
  const end = fix === undefined ? "" : `  Fix: ${fix}`;
  lines.push(end === "" ? `  ${style.dim(`[${code}]`)}` : `${end}  ${style.dim(`[${code}]`)}`);
  return lines.join("\n");
}

/** As much of a line as a terminal shows, with the marked part in it. */
const widest = 160;

function sourceLines(at: Place, sources: Sources, style: Style, note: string | undefined): string[] | null {
  const all = sources.get(at.file)?.split("\n");
  const line = all?.[at.line - 1];
  if (!all || line === undefined) return null;
  const from = at.column <= widest - 40 ? 0 : at.column - 20;
  const cut = (text: string) => visible(text.slice(from, from + widest));
  const width = String(at.line).length;
  const row = (number: number | null, text: string) =>
    `  ${style.dim(`${(number === null ? "" : String(number)).padStart(width)} |`)} ${text}`;
  const before = at.line > 1 ? [row(at.line - 1, cut(all[at.line - 2]!))] : [];
  const shown = Math.min(at.length, line.length - at.column + 1, widest - (at.column - 1 - from));
  const marks = "^".repeat(Math.max(1, shown));
  const [first, ...rest] = (note ?? "").split("\n");
  return [
    ...before,
    row(at.line, cut(line)),
    row(null, `${" ".repeat(at.column - 1 - from)}${style.warn(marks)} ${first}`.trimEnd()),
    ...rest.map((text) => `  ${text}`),
  ];
}

/** Characters that a terminal acts on, or that hide others, become one mark each, so that the marks below stay in place. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
}
