import { printable } from "./printable.ts";

/**
 * Text of others within a line of Markdown (CommonMark and the tables of GitHub): it stays text, on one line, whatever is in
 * it. What only means something at the beginning of a line is escaped there, because a list or a cell may begin with it.
 */
export function markdownText(text: string): string {
  const line = printable(text.replaceAll(/\s+/g, " ").trim());
  return line
    .replaceAll(/[\\`*[\]<>|~]/g, String.raw`\$&`)
    .replaceAll(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, String.raw`\_`)
    .replaceAll(/&(?=#?\w{1,32};)/g, "&amp;")
    .replace(/^[#+=:-]/, String.raw`\$&`)
    .replace(/^(\d{1,9})([.)])/, String.raw`$1\$2`);
}

/** A table; cells are Markdown already. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A list, one point a line; points are Markdown already. */
export function markdownList(points: readonly string[]): string {
  return points.map((point) => `- ${point}`).join("\n");
}

/** A word of our own kind, such as a path or a hash, as code; whatever is in it. */
export function markdownCode(text: string): string {
  const line = printable(text.replaceAll(/\s+/g, " "));
  // A bar ends a cell even within code, and a fence must be longer than any in the text.
  return line.includes("`") || line.includes("|") ? markdownText(line) : `\`${line}\``;
}
