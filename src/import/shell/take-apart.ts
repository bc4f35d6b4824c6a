import { isAbsolute, posix } from "node:path";
import { lexShell, type KnownVariables, type ShellToken, type Word } from "./lex.ts";

/** Where output went: { stream: "out", path: "/var/log/x.log" }. */
export type Redirect = { stream: "out" | "err" | "both"; path: string };

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

type Simple = { assignments: [string, string][]; words: Word[]; redirects: Redirect[]; odd: string | null };

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

/** One command without anything that joins it to another; null when it is more than that. */
function readSimple(tokens: readonly ShellToken[]): Simple | null {
  const simple: Simple = { assignments: [], words: [], redirects: [], odd: null };
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.kind === "word") {
      const assigned = simple.words.length === 0 && token.bare ? /^([A-Za-z_]\w*)=/.exec(token.raw) : null;
      if (assigned) {
        if (token.needs !== null) simple.odd ??= token.needs;
        simple.assignments.push([assigned[1]!, token.text.slice(assigned[0].length)]);
      } else simple.words.push(token);
      continue;
    }
    const redirect = /^(\d?|&)(>>|>|>\||<|>&)$/.exec(token.text);
    const target = tokens[i + 1];
    if (!redirect || target?.kind !== "word") return null;
    i += 1;
    if (redirect[2] === "<" && target.text === "/dev/null") continue;
    if (redirect[2] === "<") {
      simple.odd ??= "its input comes from a file";
      continue;
    }
    if (target.needs !== null) {
      simple.odd ??= target.needs;
      continue;
    }
    addRedirect(simple, redirect[1]!, redirect[2]!, target.text);
  }
  return simple;
}

function addRedirect(simple: Simple, from: string, operator: string, target: string): void {
  if (operator === ">&" && /^\d$/.test(target)) {
    const out = simple.redirects.findIndex(({ stream }) => stream === "out");
    if (from === "2" && target === "1" && out !== -1)
      simple.redirects[out] = { stream: "both", path: simple.redirects[out]!.path };
    else if (!(from === "2" && target === "1")) simple.odd ??= "it turns its streams around";
    return;
  }
  if (from === "" || from === "1") simple.redirects.push({ stream: "out", path: target });
  else if (from === "2") simple.redirects.push({ stream: "err", path: target });
  else if (from === "&") simple.redirects.push({ stream: "both", path: target });
  else simple.odd ??= "it uses further streams";
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

type Unwrapped = {
  words: Word[];
  env: Record<string, string>;
  limits: Pick<TakenApart, "nice" | "timeout" | "lock">;
};

/** Takes away programs that only start another one, where a unit has a better way. */
function unwrap(simple: Simple): Unwrapped {
  const env: Record<string, string> = {};
  const limits = { nice: null as number | null, timeout: null as string | null, lock: null as string | null };
  let { words } = simple;
  for (;;) {
    const texts = words.map(({ text }) => text);
    const name = posix.basename(texts[0] ?? "");
    let taken = 0;
    if (texts.length < 2) break;
    if (name === "exec" || name === "nohup") taken = 1;
    else if (name === "setsid") taken = texts[1]!.startsWith("-") ? 0 : 1;
    else if (name === "env") {
      let next = 1;
      for (; /^[A-Za-z_]\w*=/.test(texts[next] ?? "") && words[next]!.needs === null; next++) {
        const cut = texts[next]!.indexOf("=");
        env[texts[next]!.slice(0, cut)] = texts[next]!.slice(cut + 1);
      }
      if (texts[next] !== undefined && !texts[next]!.startsWith("-") && !texts[next]!.includes("="))
        taken = next;
    } else if (name === "nice") {
      const short = /^-(?:n)?(-?\d+)$/.exec(texts[1]!);
      const value = short?.[1] ?? (texts[1] === "-n" || texts[1] === "--adjustment" ? texts[2] : undefined);
      taken = short
        ? 2
        : value !== undefined && /^-?\d+$/.test(value)
          ? 3
          : texts[1]!.startsWith("-")
            ? 0
            : 1;
      if (taken > 0) limits.nice = taken === 1 ? 10 : Number(value);
    } else if (name === "timeout" && /^\d+(\.\d+)?[smhd]?$/.test(texts[1]!)) {
      limits.timeout = /[smhd]$/.test(texts[1]!) ? texts[1]! : `${texts[1]}s`;
      taken = 2;
    } else if (name === "flock") {
      const plain = /^-(n|-nonblock|xn|nx)$/.test(texts[1]!) ? 2 : 0;
      if (plain > 0 && texts[3] !== undefined && texts[3] !== "-c") {
        limits.lock = texts[2]!;
        taken = 3;
      }
    }
    if (taken === 0) break;
    words = words.slice(taken);
  }
  return { words, env, limits };
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
