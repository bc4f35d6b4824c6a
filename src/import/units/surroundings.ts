import { readInteger, readSize } from "../../unit/read-value.ts";
import { splitWords } from "../../unit/words.ts";
import { formatSize, type Size } from "../../value/size.ts";
import type { Named, Taking } from "./taking.ts";

/** What a program gets and may use: description, environment, limits, directories, its name in the log. */
export function takeSurroundings(taking: Taking): void {
  takeText(taking, ["Unit", "Description"], "description", /^[^\p{Cc}]+$/u);
  takeText(taking, ["Service", "SyslogIdentifier"], "log-identifier", /^[A-Za-z0-9_.-]{1,64}$/);
  takeEnvironment(taking);
  takeEnvironmentFiles(taking);
  takeLimits(taking);
  for (const [directive, key] of [
    ["StateDirectory", "state-directory"],
    ["CacheDirectory", "cache-directory"],
    ["RuntimeDirectory", "runtime-directory"],
  ] as const)
    takeText(taking, ["Service", directive], key, /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/);
}

function takeText(taking: Taking, name: Named, key: string, pattern: RegExp): void {
  const lines = taking.left(name);
  const value = lines.at(-1)?.value ?? "";
  const text = value.replaceAll("%%", "%");
  if (lines.length !== 1 || value.replaceAll("%%", "").includes("%") || !pattern.test(text)) return;
  taking.put([key], text, [name]);
}

/** All of the variables or none: of one that stands twice the last counts. */
function takeEnvironment(taking: Taking): void {
  const name: Named = ["Service", "Environment"];
  const lines = taking.left(name);
  const split = lines.map(({ value }) => splitWords(value));
  const words = split.flatMap((one) => one.words.map(({ text }) => text));
  if (words.length === 0 || split.some(({ unclosed }) => unclosed)) return;
  const set: Record<string, string> = {};
  for (const word of words) {
    const [, variable, value] = /^([A-Za-z_][A-Za-z0-9_]*)=([^\0\n\r]*)$/s.exec(word) ?? [];
    if (variable === undefined || value!.replaceAll("%%", "").includes("%")) return;
    set[variable] = value!.replaceAll("%%", "%");
  }
  taking.put(["env", "set"], set, [name], "Environment=");
}

/** Files that must be there. One that may be missing, or a pattern, stays as it is. */
function takeEnvironmentFiles(taking: Taking): void {
  const name: Named = ["Service", "EnvironmentFile"];
  const paths = taking.left(name).map(({ value }) => value);
  if (
    paths.length === 0 ||
    !paths.every((path) => /^\/[A-Za-z0-9_./+@:,=-]+$/.test(path) && !isUnplain(path))
  )
    return;
  taking.put(["env", "file"], paths.length === 1 ? paths[0]! : paths, [name]);
}

function isUnplain(path: string): boolean {
  return /\/\/|\/\.\.?(\/|$)|.\/$/.test(path);
}

function takeLimits(taking: Taking): void {
  for (const [directive, key] of [
    ["MemoryMax", "memory"],
    ["MemoryHigh", "memory-high"],
    ["MemorySwapMax", "swap"],
  ] as const) {
    const value = taking.value(["Service", directive]);
    const size = value === "infinity" ? Infinity : value === null ? null : readSize(value);
    if (size === null || (size !== Infinity && size % 1024 !== 0)) continue;
    const text = formatSize(size as Size);
    taking.put(["limits", key], text === "0" ? "0M" : text, [["Service", directive]]);
  }
  for (const [directive, key, least, most] of [
    ["TasksMax", "tasks", 16, 4_194_304],
    ["LimitNOFILE", "files", 16, 1_048_576],
    ["Nice", "nice", -20, 19],
    ["CPUWeight", "cpu-weight", 1, 10_000],
    ["IOWeight", "io-weight", 1, 10_000],
  ] as const) {
    const value = taking.value(["Service", directive]);
    const number = value === null ? null : readInteger(value);
    if (number !== null && number >= least && number <= most)
      taking.put(["limits", key], number, [["Service", directive]]);
  }
  const quota = taking.value(["Service", "CPUQuota"]);
  if (quota !== null && /^[1-9]\d*(\.\d{1,2})?%$/.test(quota))
    taking.put(["limits", "cpu"], quota, [["Service", "CPUQuota"]]);
}
