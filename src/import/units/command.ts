import { parseExecLine, type ExecCommand } from "../../unit/exec-line.ts";
import { parseCommand } from "../../value/command.ts";
import type { SpecData } from "../../init/write-keys.ts";
import type { Taking } from "./taking.ts";

/** Commands: the program, what runs before and after it, and how it is told to read its settings again. */
export function takeCommands(taking: Taking, kind: "service" | "job", home: string | null): void {
  takeProgram(taking, home);
  takeList(taking, "ExecStartPre", "before-start");
  if (kind !== "service") return;
  takeList(taking, "ExecStopPost", "after-stop");
  takeReload(taking);
}

/** run: has plain words. Anything else, such as a prefix or a variable, stays below systemd: as it is, and run: says what people read. */
function takeProgram(taking: Taking, home: string | null): void {
  const commands = commandsOf(taking, "ExecStart");
  const words = commands.length === 1 ? plainWords(commands[0]!) : null;
  if (words !== null && taking.put(["run"], asCommand(words), [["Service", "ExecStart"]])) return;
  const first = commands[0]!;
  const read = [first.program, ...first.arguments].map(({ text }) => readable(text, taking.unit.name, home));
  taking.keys.push({
    key: ["run"],
    value: asCommand(read),
    why: "for people: what systemd runs stands below systemd:, with what the spec has no words for",
  });
}

/** All of them or none: their order counts. */
function takeList(taking: Taking, directive: string, key: string): void {
  const lists = commandsOf(taking, directive).map(plainWords);
  if (lists.length === 0 || lists.includes(null)) return;
  taking.put(
    [key],
    lists.map((words) => asCommand(words!)),
    [["Service", directive]],
  );
}

function takeReload(taking: Taking): void {
  const lines = taking.left(["Service", "ExecReload"]);
  if (lines.length !== 1) return;
  const signal = /^\/bin\/kill -(HUP|USR1|USR2) \$MAINPID$/.exec(lines[0]!.value)?.[1];
  if (signal !== undefined) {
    taking.put(["reload", "signal"], `SIG${signal}`, [["Service", "ExecReload"]]);
    return;
  }
  const commands = commandsOf(taking, "ExecReload");
  const words = commands.length === 1 ? plainWords(commands[0]!) : null;
  if (words !== null) taking.put(["reload", "command"], asCommand(words), [["Service", "ExecReload"]]);
}

/** The commands of a directive that systemd can read. */
export function commandsOf(taking: Taking, directive: string): ExecCommand[] {
  return taking.all(["Service", directive]).flatMap(({ value }) => [...parseExecLine(value).commands]);
}

/** The words that the program gets, when nothing in them is expanded by systemd; null otherwise. */
function plainWords({ prefix, program, arguments: rest }: ExecCommand): string[] | null {
  const words = [program, ...rest].map(({ text }) => text);
  // "%%" and "$$" stand for one character; any other % or $ means something.
  const plain = words.every((word) => !/[%$]/.test(word.replaceAll("%%", "").replaceAll("$$", "")));
  if (prefix !== "" || !plain || !/^(\/|[A-Za-z0-9_])/.test(words[0]!)) return null;
  return words.map((word) => word.replaceAll("%%", "%").replaceAll("$$", "$"));
}

/** As one text where it reads back as the same words. */
function asCommand(words: readonly string[]): SpecData {
  const text = words.join(" ");
  const read = parseCommand(text);
  return read.ok &&
    read.value.length === words.length &&
    read.value.every((word, index) => word === words[index])
    ? text
    : words;
}

/** Specifiers that a name alone decides (systemd.unit(5)); others stay. */
function readable(word: string, unit: string, home: string | null): string {
  const stem = unit.replace(/\.[a-z]+$/, "");
  const [prefix = "", ...instance] = stem.split("@");
  const known: Readonly<Record<string, string>> = {
    n: unit,
    N: stem,
    p: prefix,
    i: instance.join("@"),
    t: "/run",
    ...(home === null ? {} : { h: home }),
    "%": "%",
  };
  return (
    word
      .replace(/%(.)/g, (all, letter: string) => known[letter] ?? all)
      // Nobody reads these, and no spec can hold them.
      .toWellFormed()
      .replace(/[\p{Cc}\p{Noncharacter_Code_Point}]/gu, "?")
  );
}
