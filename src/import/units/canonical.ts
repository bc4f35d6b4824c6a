import { parseExecLine } from "../../unit/exec-line.ts";
import { directiveIn } from "../../unit/directives.ts";
import { readBoolean, readSignal, readSize, readTimeSpan, readUnsigned } from "../../unit/read-value.ts";
import { splitWords } from "../../unit/words.ts";

/** What values of a directive mean, so that two spellings of the same compare as equal. Values in their order, all in force. */
export function canonical(section: string, key: string, values: readonly string[]): string {
  const last = values.at(-1) ?? "";
  const kind = directiveIn(section, key)?.kind ?? "";
  if (kind === "BOOLEAN") return String(readBoolean(last) ?? last);
  if (kind === "SECONDS" || /^(TimeoutSec|TimeoutAbortSec|JobTimeoutSec|JobRunningTimeoutSec)$/.test(key))
    return String(readTimeSpan(last) ?? last);
  if (/^On(Active|Boot|Startup|UnitActive|UnitInactive)Sec$/.test(key))
    return JSON.stringify(values.map((value) => readTimeSpan(value) ?? value));
  if (kind === "SIGNAL") return String(readSignal(last) ?? last);
  if (/^(Memory(Max|High|Low|Min|SwapMax|ZSwapMax|Limit))$/.test(key)) return String(readSize(last) ?? last);
  if (/^Limit[A-Z]+$/.test(key))
    return last
      .split(":")
      .map((part) => String(readUnsigned(part) ?? part))
      .join(":");
  if (kind.startsWith("PATH [ARGUMENT")) return JSON.stringify(values.flatMap(commandsOf));
  if (kind === "ENVIRON") return JSON.stringify(environment(values));
  if (kind.startsWith("UNIT [") || section === "Install") return JSON.stringify(sortedWords(values));
  if (key === "Documentation" || kind === "STATUS") return JSON.stringify(wordsOf(values));
  if (key === "OnCalendar")
    return JSON.stringify(values.map((value) => value.replace(/\s+/g, " ")).toSorted());
  if (key === "User" && last === "root") return "root";
  return JSON.stringify(values.map((value) => value.trim()));
}

/** Each command as its prefix and words; words that mean the same in other quotes are equal. */
function commandsOf(value: string): string[][] {
  return parseExecLine(value).commands.map(({ prefix, program, arguments: rest }) => [
    prefix,
    program.text,
    ...rest.map(({ text }) => text),
  ]);
}

function environment(values: readonly string[]): [string, string][] {
  const variables = new Map<string, string>();
  for (const value of values)
    for (const { text } of splitWords(value).words) {
      const equals = text.indexOf("=");
      if (equals > 0) variables.set(text.slice(0, equals), text.slice(equals + 1));
    }
  return [...variables].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function sortedWords(values: readonly string[]): string[] {
  return [...new Set(wordsOf(values))].toSorted();
}

function wordsOf(values: readonly string[]): string[] {
  return values.flatMap((value) => splitWords(value, false).words.map(({ text }) => text));
}
