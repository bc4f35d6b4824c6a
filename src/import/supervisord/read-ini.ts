import type { Diagnostic, Place } from "../../report/diagnostic.ts";
import { linePlace, linesOf } from "../places.ts";

export type IniValue = { key: string; value: string; at: Place };
export type IniSection = { name: string; at: Place; values: ReadonlyMap<string, IniValue> };

const mostMistakes = 100;
const longestValue = 65_536;

/** Reads a file as supervisord does (Python's ConfigParser): the last of two equal keys counts, indented lines go on. */
export function readIni(file: string, text: string): { sections: IniSection[]; diagnostics: Diagnostic[] } {
  const sections: { name: string; at: Place; values: Map<string, IniValue> }[] = [];
  const diagnostics: Diagnostic[] = [];
  let last = null as IniValue | null;
  for (const [index, line] of linesOf(text).entries()) {
    const at = linePlace(file, index + 1, line);
    const clean = withoutComment(line);
    if (clean.trim() === "") continue;
    const header = /^\[([^\]]+)\]\s*$/.exec(clean);
    const section = sections.at(-1);
    if (header) {
      last = null;
      const name = header[1]!.trim();
      const same = sections.findIndex((one) => one.name === name);
      // A section that is opened again goes on.
      if (same !== -1) sections.push(...sections.splice(same, 1));
      else sections.push({ name, at, values: new Map() });
    } else if (/^\s/.test(clean) && last !== null && section) {
      if (last.value.length > longestValue) continue;
      last = { ...last, value: `${last.value}\n${clean.trim()}`.trim() };
      section.values.set(last.key, last);
    } else {
      const pair = /^([^=:\s][^=:]*?)\s*[=:]\s*(.*)$/.exec(clean.trim());
      if ((!pair || !section) && diagnostics.length >= mostMistakes) continue;
      if (!pair || !section) {
        diagnostics.push({
          severity: "error",
          code: "import/bad-ini-line",
          summary: `Cannot read this line: ${section ? "it is no key=value" : "no section stands above it"}`,
          at,
          fix: "supervisord refuses it too: correct it, or remove it",
        });
        continue;
      }
      last = { key: pair[1]!.toLowerCase(), value: pair[2]!.trim(), at };
      section.values.set(last.key, last);
    }
  }
  return { sections, diagnostics };
}

/** A comment begins with ; or # at the beginning of a line, or with ; after a blank. */
function withoutComment(line: string): string {
  if (/^\s*[;#]/.test(line)) return "";
  const cut = /\s;/.exec(line);
  return cut ? line.slice(0, cut.index) : line;
}
