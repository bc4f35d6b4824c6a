import { isAbsolute, posix } from "node:path";
import { lexShell, type KnownVariables, type ShellToken } from "./lex.ts";
import { readSimple, type Redirect, type Simple } from "./simple-command.ts";
import { unwrap } from "./unwrap.ts";

/** A shell command in its parts, so that a unit needs no shell. */
export type TakenApart = {
  /** From `cd`, absolute where it can be told. */
  directory: string | null;
  env: Readonly<Record<string, string>>;
  /** Files that were sourced. */
  envFiles: readonly string[];
  /** Commands that come first, such as a sleep. */
  before: readonly (readonly string[])[];
  run: readonly string[];
  /** Why a shell still runs it; null when none does. */
  shell: string | null;
  redirects: readonly Redirect[];
  /** Ended with &. */
  background: boolean;
  nice: number | null;
  /** Of timeout(1), in its spelling turned into ours: "300s". */
  timeout: string | null;
  /** The file of flock(1). */
  lock: string | null;
  /** The virtual environment that was activated. */
  venv: string | null;
};

const longestLine = 16_384;

/** Takes a shell command apart as far as that is exact; what is left runs in a shell, with the reason. */
export function takeApart(
  line: string,
  options: { known?: KnownVariables; directory?: string; shell?: string } = {},
): TakenApart {
  const { known = new Map<string, string>(), shell = "/bin/sh" } = options;
  const state = {
    directory: null as string | null,
    env: {} as Record<string, string>,
    envFiles: [] as string[],
    before: [] as string[][],
    venv: null as string | null,
  };
  const none = { redirects: [], background: false, nice: null, timeout: null, lock: null };
  const whole = (text: string, why: string): TakenApart => ({
    ...state,
    ...none,
    run: [shell, "-c", text.trim()],
    shell: why,
  });
  if (line.length > longestLine) return whole(line, `it is longer than ${longestLine} characters`);
  const tokens = lexShell(line, known);
  if (tokens === null) return whole(line, "a quote in it is never closed");
  let rest = trimEnds(tokens);
  const textOf = (list: readonly ShellToken[]): string =>
    list.length === 0 ? "" : line.slice(list[0]!.start, list.at(-1)!.end);
  // What prepares the ground is taken off the front, one command at a time.
  for (;;) {
    const end = rest.findIndex((token) => token.kind === "op" && /^(&&|;|\n)$/.test(token.text));
    if (end === -1) break;
    const simple = readSimple(rest.slice(0, end));
    if (simple === null || !prepares(simple, state, options.directory)) break;
    rest = trimEnds(rest.slice(end + 1));
  }
  if (rest.length === 0) return whole(line, "it runs no program");
  const last = rest.at(-1)!;
  const background = last.kind === "op" && last.text === "&";
  const body = background ? rest.slice(0, -1) : rest;
  const simple = readSimple(body);
  if (simple === null) return { ...whole(textOf(body), reasonFor(body)), background };
  if (simple.odd !== null) return { ...whole(textOf(body), simple.odd), background };
  const unwrapped = unwrap(simple);
  const odd = unwrapped.words.find(({ needs }) => needs !== null)?.needs;
  const [program] = unwrapped.words;
  if (program === undefined) return whole(line, "it runs no program");
  const assigned = simple.assignments;
  const env = { ...state.env, ...Object.fromEntries(assigned), ...unwrapped.env };
  if (typeof odd === "string" || builtins.has(program.text)) {
    const why = odd ?? `${program.text} is a command of the shell itself`;
    const from = unwrapped.words[0]!.start;
    // exec, so that signals reach the program and not the shell.
    const exec = builtins.has(program.text) ? "" : "exec ";
    const to = unwrapped.words.at(-1)!.end;
    return {
      ...state,
      env,
      run: [shell, "-c", `${exec}${line.slice(from, to)}`],
      shell: why,
      redirects: simple.redirects,
      background,
      ...unwrapped.limits,
    };
  }
  const words = unwrapped.words.map(({ text }) => text);
  return {
    ...state,
    env,
    run: fromVenv(words, state.venv),
    shell: null,
    redirects: simple.redirects,
    background,
    ...unwrapped.limits,
  };
}

const builtins = new Set(
  "if for while until case function { } ! [[ eval set unset trap wait read ulimit umask source . cd export test [ exit return local declare pushd popd command".split(
    " ",
  ),
);

function trimEnds(tokens: readonly ShellToken[]): ShellToken[] {
  const blank = (token: ShellToken): boolean => token.kind === "op" && /^(;|\n)$/.test(token.text);
  const from = tokens.findIndex((token) => !blank(token));
  if (from === -1) return [];
  return tokens.slice(from, tokens.findLastIndex((token) => !blank(token)) + 1);
}

type Ground = {
  directory: string | null;
  env: Record<string, string>;
  envFiles: string[];
  before: string[][];
  venv: string | null;
};

/** Whether a command only prepares what comes after it, and what it does. */
function prepares(
  { assignments, words, redirects, odd }: Simple,
  state: Ground,
  base: string | undefined,
): boolean {
  const texts = words.map(({ text }) => text);
  if (odd !== null || words.some(({ needs }) => needs !== null) || redirects.length > 0) return false;
  const [name, first] = texts;
  const from = state.directory ?? base;
  const absolute = (path: string): string =>
    isAbsolute(path) || from === undefined ? posix.normalize(path) : posix.join(from, path);
  if (name === undefined) {
    // Only what is exported reaches the program.
    return assignments.length === 0;
  }
  if (assignments.length > 0) return false;
  if (name === "cd" && texts.length === 2 && first !== "-") {
    const directory = absolute(first!).replace(/(?<=.)\/+$/, "");
    if (!isAbsolute(directory)) return false;
    state.directory = directory;
    return true;
  }
  if (name === "set" && texts.length === 2 && /^[-+]a$/.test(first!)) return true;
  if ((name === "source" || name === ".") && texts.length === 2) {
    const venv = /^(.*)\/bin\/activate$/.exec(absolute(first!));
    if (venv) state.venv = venv[1]!;
    else if (/(^|\/)\.?env(\.[\w-]+)?$|\.env$/.test(first!)) state.envFiles.push(absolute(first!));
    else return false;
    return true;
  }
  if (name === "export" && texts.length > 1 && texts.slice(1).every((word) => /^[A-Za-z_]\w*=/.test(word))) {
    for (const word of texts.slice(1)) {
      const cut = word.indexOf("=");
      state.env[word.slice(0, cut)] = word.slice(cut + 1);
    }
    return true;
  }
  if (/^(\/usr)?(\/bin\/)?sleep$/.test(name) && texts.length === 2) {
    state.before.push(texts);
    return true;
  }
  return false;
}

/** As an activated environment looks programs up. */
function fromVenv(words: readonly string[], venv: string | null): readonly string[] {
  const [program, ...rest] = words;
  if (venv === null || program === undefined || program.includes("/")) return words;
  return /^(python[\d.]*|pip[\d.]*|gunicorn|uvicorn|celery|flask|hypercorn|alembic|pytest|django-admin|streamlit|jupyter)$/.test(
    program,
  )
    ? [`${venv}/bin/${program}`, ...rest]
    : words;
}

function reasonFor(tokens: readonly ShellToken[]): string {
  const operator = tokens.find((token) => token.kind === "op" && !/^\d?(>>|>|>&|<)$/.test(token.text))?.text;
  if (operator === "|") return "it is a pipe";
  if (operator === "(" || operator === ")") return "it has a group of commands";
  return operator === undefined
    ? "it has redirections"
    : `"${operator === "\n" ? "a line break" : operator}" joins several commands`;
}
