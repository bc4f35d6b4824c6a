import { nearest } from "../../spec/nearest.ts";
import type { Setting } from "../../unit/settings.ts";
import { setValue } from "../../unit/edit-unit.ts";
import { splitWords, type Word } from "../../unit/words.ts";
import { inForce, mostOfLine } from "../in-force.ts";
import { atValue, type Finding, type Rule } from "../rule.ts";
import { withoutComment } from "../trailing-comment.ts";

/** The groups of `systemd-analyze syscall-filter`. */
const groups: readonly string[] = (
  "@default @aio @basic-io @chown @clock @cpu-emulation @debug @file-system @io-event @ipc @keyring @memlock @module " +
  "@mount @network-io @obsolete @pkey @privileged @process @raw-io @reboot @resources @sandbox @setuid @signal @swap " +
  "@sync @system-service @timer @known"
).split(" ");

/** Groups of system calls in SystemCallFilter= and SystemCallLog=. */
export const systemCallRules: readonly Rule[] = [
  {
    id: "unknown-call-group",
    level: "will-not-do-what-it-says",
    reason: "systemd knows no group of system calls of this name",
    happens:
      "the word is dropped; of a list that allows, only @default is left, and the program is killed by SIGSYS at start",
    source: "systemd-analyze syscall-filter; measured on 252",
    bad: "[Service]\nExecStart=/usr/bin/bot\nSystemCallFilter=@system-services\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nSystemCallFilter=@system-service\nSystemCallFilter=~@privileged:EPERM\n",
    *check(unit) {
      const filters = inForce(unit).filter(
        ({ key }) => key === "SystemCallFilter" || key === "SystemCallLog",
      );
      const someAllowed = filters.some((setting) => callWords(setting).some(isUsable));
      for (const setting of filters) yield* unknown(setting, someAllowed);
    },
  },
];

type CallWord = Word & { name: string };

function callWords(setting: Setting): CallWord[] {
  const value = withoutComment(setting);
  return splitWords(value.startsWith("~") ? ` ${value.slice(1)}` : value).words.map((word) => ({
    ...word,
    name: word.text.replace(/:.*$/, ""),
  }));
}

function isUsable({ name }: CallWord): boolean {
  return !name.startsWith("@") || groups.includes(name);
}

function* unknown(setting: Setting, someAllowed: boolean): Iterable<Finding> {
  const { file, key, value, lines } = setting;
  const allows = key === "SystemCallFilter" && !value.startsWith("~");
  const wrong = callWords(setting).filter((word) => !isUsable(word) || word.name.includes(","));
  for (const word of wrong.slice(0, mostOfLine)) {
    const commas = word.name.includes(",");
    const near = nearest(word.name, groups);
    yield {
      ...atValue(file, setting, word),
      level: allows && !someAllowed ? "will-not-start" : "will-not-do-what-it-says",
      says: commas
        ? `system calls are separated by blanks, not by commas: ${word.name}`
        : `${word.name} is no group of system calls`,
      happens: allows
        ? someAllowed
          ? "the word is dropped: calls of that group are refused"
          : "the word is dropped, only @default is left: the program is killed by SIGSYS at start"
        : "the word is dropped: nothing of it is refused",
      fix: commas
        ? `write ${word.name.replaceAll(",", " ")}`
        : near === undefined
          ? "systemd-analyze syscall-filter lists the groups"
          : `write ${near}`,
      ...(commas && lines === 1 ? { edits: [setValue(file, setting, value.replace(/,\s*/g, " "))] } : {}),
    };
  }
}
