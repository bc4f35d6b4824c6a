import type { Place } from "../../report/diagnostic.ts";
import { linePlace, linesOf } from "../places.ts";

/** A longer line is data; it is named as not understood, and patterns would be slow on it. */
const longestLine = 2000;

/** A line of a script with the variables that are known put in. Only its text was read. */
export type ScriptLine = { at: Place; text: string; written: string };

export type Script = { lines: readonly ScriptLine[]; variables: ReadonlyMap<string, string> };

/** Reads a shell or Python script as lines: comments are gone, continued lines joined, plain assignments put in where they are used. */
export function readScript(
  file: string,
  text: string,
  known: ReadonlyMap<string, string> = new Map(),
): Script {
  const variables = new Map(known);
  const lines: ScriptLine[] = [];
  const raw = linesOf(text);
  for (let i = 0; i < raw.length; i++) {
    const at = linePlace(file, i + 1, raw[i]!);
    let line = raw[i]!;
    while (line.endsWith("\\") && i + 1 < raw.length) line = `${line.slice(0, -1)} ${raw[++i]!.trim()}`;
    const written = withoutComment(line).trim();
    if (written === "") continue;
    if (written.length > longestLine) {
      lines.push({ at, text: "", written });
      continue;
    }
    const expanded = flatten(expand(written, variables));
    const assigned =
      /^(?:export\s+|local\s+|readonly\s+)?([A-Za-z_]\w*)\s?=\s?(?:Path\()?("[^"]*"|'[^']*'|[^\s;&|()`]*)\)?$/.exec(
        expanded,
      );
    const value = assigned?.[2]?.replace(/^(["'])(.*)\1$/s, "$2");
    if (assigned && value !== undefined && !/[$`]/.test(value)) variables.set(assigned[1]!, value);
    lines.push({ at, text: expanded, written });
  }
  return { lines, variables };
}

/** A # that stands outside of quotes, at the beginning of a word. */
function withoutComment(line: string): string {
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (quote !== "") quote = char === quote ? "" : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === "#" && (i === 0 || /\s/.test(line[i - 1]!))) return line.slice(0, i);
  }
  return line;
}

function expand(line: string, variables: ReadonlyMap<string, string>): string {
  return (
    line
      .replace(
        /\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}|\$([A-Za-z_]\w*)/g,
        (all, braced: string | undefined, otherwise: string | undefined, plain: string | undefined) =>
          variables.get(braced ?? plain ?? "") ?? otherwise ?? all,
      )
      // Python's names stand alone, and in {}.
      .replace(
        /\{([A-Za-z_]\w*)\}|\b([A-Z][A-Z_]{3,})\b(?!\s*=[^=])/g,
        (all, braced: string | undefined, plain: string | undefined) =>
          variables.get(braced ?? plain ?? "") ?? all,
      )
  );
}

/** ["systemctl", "restart", "bot"], as Python writes a command, in the words of a shell. */
function flatten(line: string): string {
  return line.replace(
    /\[\s*(f?["'][\w./-]+["'](?:\s*,\s*f?(?:["'][^"']*["']|[\w./@-]+))+)\s*\]/g,
    (_, inner: string) =>
      inner
        .split(",")
        .map((word) => word.trim().replace(/^f?(["'])(.*)\1$/s, "$2"))
        .join(" "),
  );
}
