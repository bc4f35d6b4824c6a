import { isAbsolute } from "node:path";
import { runtimeIn } from "../init/shell-line.ts";
import type { Key } from "../init/write-keys.ts";
import { formatCommand } from "../value/command.ts";
import type { ImportedProgram } from "./imported.ts";

/** Writes the words of `run` as one line, and changes the directory where a program has one of its own: a spec has one for all. */
export function settleRun(program: ImportedProgram, directory: string): ImportedProgram {
  const own = program.directory;
  const elsewhere = own !== undefined && own !== directory && isAbsolute(own) ? own : null;
  const keys = program.keys.flatMap((key): Key[] => {
    if (key.key[0] !== "run" || key.key.length > 1 || !isWords(key.value)) return [key];
    const words = elsewhere === null ? key.value : ["/usr/bin/env", "-C", elsewhere, ...key.value];
    const moved = elsewhere === null ? {} : { why: reason(key.why, elsewhere) };
    const runtime = runtimeIn(key.value.join(" "));
    const needsRuntime =
      elsewhere !== null &&
      runtime !== "other" &&
      !program.keys.some(({ key: [first] }) => first === "runtime");
    return [
      { ...key, ...moved, value: asLine(words) ? formatCommand(words) : words },
      ...(needsRuntime ? [{ key: ["runtime"], value: runtime, why: "what env starts", at: key.at }] : []),
    ];
  });
  return { ...program, keys };
}

function reason(why: string | undefined, directory: string): string {
  return `${why === undefined || why === "" ? "" : `${why}; `}env -C because it ran in ${directory}, and a spec has one directory`;
}

/** A shell's command stands better by itself, and a line cannot hold a line break. */
function asLine(words: readonly string[]): boolean {
  return !words.includes("-c") && words.every((word) => !/[\n\r]/.test(word));
}

function isWords(value: Key["value"]): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === "string");
}
