import type { Key } from "../../init/write-keys.ts";
import { splitWords } from "../../unit/words.ts";
import type { Variable } from "../environment.ts";
import { fromCommand } from "../from-command.ts";
import type { Dropped, ImportedProgram } from "../imported.ts";
import { takeApart, type TakenApart } from "../shell/take-apart.ts";
import { restartKeys, startKeys, stopKeys } from "./keys-of.ts";
import { expandValue, readPairs } from "./expand.ts";
import type { IniSection, IniValue } from "./read-ini.ts";

export type Made = { program: ImportedProgram; dropped: Dropped[] } | { dropped: Dropped[] };

type Where = {
  app: string;
  name: string;
  section: IniSection;
  /** For %(program_name)s and the like. */
  known: Readonly<Record<string, string | number>>;
  directory: string;
};

/** Makes a service of one process of a [program:x]. */
export function makeProgram(where: Where): Made {
  const { section, name, known } = where;
  const of = (key: string): IniValue | undefined => section.values.get(key);
  const command = of("command");
  if (command === undefined)
    return {
      dropped: [{ at: section.at, what: `[${section.name}]`, why: "it has no command", todo: "nothing" }],
    };
  const dropped: Dropped[] = [];
  const drop = (one: IniValue, why: string, todo: string): void => {
    dropped.push({ at: one.at, what: `${one.key}=${one.value.split("\n")[0]}`, why, todo });
  };
  const expanded = expandValue(command.value, known);
  for (const missing of expanded.unknown)
    drop(command, `%(${missing})s is nothing that supervisord knows here`, "put the value in by hand");
  const directory = of("directory") ? expandValue(of("directory")!.value, known).text : where.directory;
  const taken = takeCommand(expanded.text, expanded.fromEnvironment.length > 0, directory);
  if (taken === null)
    return {
      dropped: [
        {
          at: command.at,
          what: `[${section.name}]`,
          why: "a quote in its command is never closed, or it is empty",
          todo: "correct it",
        },
      ],
    };
  const variables = variablesOf(where, of("environment"), dropped);
  const required = [...new Set([...expanded.fromEnvironment, ...variables.required])];
  const made = fromCommand(taken, {
    app: where.app,
    name,
    at: command.at,
    why: "command=",
    variables: variables.set,
    required: required.map((one) => ({
      name: one,
      at: of("environment")?.at ?? command.at,
      from: "supervisord's own environment",
    })),
    hardening: "as free as it was; holdfast harden finds what it needs",
  });
  const keys: Key[] = [
    ...made.keys,
    ...restartKeys(section),
    ...stopKeys(section, drop),
    ...startKeys(section),
  ];
  for (const [key, todo] of Object.entries(notCarried)) {
    const found = of(key);
    if (found) drop(found, "it has no key of its own in a spec", todo);
  }
  const logFiles = logsOf(section, known, drop, name);
  return {
    program: {
      name,
      at: section.at,
      notes: [`[${section.name}] in ${section.at.file}:${section.at.line}.`, ...made.notes],
      directory: made.directory ?? directory,
      logFiles,
      keys: merged(keys),
    },
    dropped: [...dropped, ...made.dropped],
  };
}

const notCarried: Readonly<Record<string, string>> = {
  umask: "let the program set it, or run it by a script that does",
  priority: "say which one it needs: after: or requires:",
  stdout_events_enabled: "nothing",
  stderr_events_enabled: "nothing",
  serverurl: "nothing",
};

/** supervisord runs no shell, but a command may be one. */
function takeCommand(text: string, needsVariables: boolean, directory: string): TakenApart | null {
  const { words, unclosed } = splitWords(text.replaceAll("\n", " "), false);
  const list = words.map((word) => word.text);
  const [program] = list;
  if (unclosed || program === undefined) return null;
  const none = takeApart("true");
  if (/(^|\/)(ba|da|z)?sh$/.test(program) && /^-\w*c$/.test(list[1] ?? "") && list.length === 3)
    return takeApart(list[2]!, { directory, shell: program.includes("/") ? program : `/bin/${program}` });
  if (needsVariables)
    return {
      ...none,
      run: [
        "/bin/sh",
        "-c",
        `exec ${list.map((word) => (word.includes("$") ? `"${word.replace(/["\\`]/g, "\\$&")}"` : quote(word))).join(" ")}`,
      ],
      shell: "%(ENV_...)s puts variables into the command",
    };
  return { ...none, run: list };
}

function quote(word: string): string {
  return /^[\w./@%+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function variablesOf(
  { known }: Where,
  written: IniValue | undefined,
  dropped: Dropped[],
): { set: Variable[]; required: string[] } {
  const set: Variable[] = [];
  const required: string[] = [];
  if (!written) return { set, required };
  for (const { name, value } of readPairs(written.value)) {
    const { text, fromEnvironment } = expandValue(value, known);
    if (fromEnvironment.length === 0) set.push({ name, value: text, at: written.at, why: undefined });
    else if (text === `$${name}`) required.push(name);
    else
      dropped.push({
        at: written.at,
        what: `${name}=${value}`,
        why: `its value is made of variables of supervisord's own environment (${fromEnvironment.join(", ")})`,
        todo: `write ${name} with its whole value into the file of env.file`,
      });
  }
  return { set, required };
}

/** The last of two keys counts, at the place of the first. */
function merged(keys: readonly Key[]): Key[] {
  return [...new Map(keys.map((key) => [key.key.join("\0"), key])).values()];
}

/** Output goes into the journal; a file that was named may be read by something else. */
function logsOf(
  section: IniSection,
  known: Readonly<Record<string, string | number>>,
  drop: (one: IniValue, why: string, todo: string) => void,
  name: string,
): string[] {
  const files: string[] = [];
  for (const key of ["stdout_logfile", "stderr_logfile"]) {
    const found = section.values.get(key);
    if (!found || /^(auto|none|syslog|\/dev\/(null|stdout|stderr|fd\/[12]))$/i.test(found.value)) continue;
    const path = expandValue(found.value, known).text;
    files.push(path);
    drop(
      found,
      "its output goes into the journal, with limits (logs:) in the place of maxbytes and backups",
      `read it with holdfast logs ${name}, and whatever reads ${path} has to read the journal`,
    );
  }
  return files;
}
