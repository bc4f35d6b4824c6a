import type { ExecCommand } from "../unit/exec-line.ts";
import { splitWords } from "../unit/words.ts";
import type { HostFacts } from "../host/facts.ts";

/** What a command really runs, seen through "env", "nice" and a shell that only starts it. */
export type Program = {
  /** Without its directory and version: "python" for /usr/bin/python3.11. */
  name: string;
  /** What follows, after the program's own words are taken away from wrappers. */
  arguments: readonly string[];
  kind: "interpreter" | "wrapper" | "shell" | "other";
  /** The file that an interpreter or a shell reads; null when there is none. */
  script: string | null;
  /** The text of `sh -c`. */
  inline: string | null;
};

const interpreters = new Set(
  "node nodejs deno bun python pypy ruby perl php java dotnet lua luajit".split(" "),
);
const shells = new Set(["sh", "bash", "dash", "zsh", "ksh"]);
/** They run another program in their own place: the process stays the same one. */
const transparent = new Set([
  "env",
  "nice",
  "ionice",
  "chrt",
  "taskset",
  "stdbuf",
  "setpriv",
  "numactl",
  "nohup",
  "exec",
]);
/** They stay, and run what is meant as a child. */
const wrappers = new Set(
  "npm npx yarn pnpm pnpx uvx sudo su runuser timeout flock xvfb-run nodemon foreman make".split(" "),
);
const runWrappers: Readonly<Record<string, RegExp>> = {
  uv: /^run$/,
  conda: /^run$/,
  doppler: /^run$/,
  go: /^run$/,
  cargo: /^run$/,
};

const programs = new WeakMap<ExecCommand, Program>();

/** What an Exec command runs. */
export function programOf(command: ExecCommand): Program {
  let program = programs.get(command);
  if (!program) {
    program = readProgram([command.program.text, ...command.arguments.map(({ text }) => text)]);
    programs.set(command, program);
  }
  return program;
}

function readProgram(words: readonly string[]): Program {
  const [first = "", ...rest] = words;
  const base = first.slice(first.lastIndexOf("/") + 1);
  const name = base.replace(/(?<=^(?:python|pypy|ruby|php|lua|perl|java|node))[\d.]+$/, "");
  if (transparent.has(name)) {
    const inner = afterOptions(name, rest);
    if (inner.length > 0) return readProgram(inner);
  }
  if (shells.has(name)) return readShell(name, rest);
  const kind = interpreters.has(name)
    ? "interpreter"
    : wrappers.has(name) || (runWrappers[name]?.test(rest[0] ?? "") ?? false)
      ? "wrapper"
      : "other";
  const script = kind === "interpreter" ? (rest.find((word) => !word.startsWith("-")) ?? null) : null;
  return {
    name,
    arguments: rest,
    kind: name === "flock" && noFork(rest) ? "other" : kind,
    script,
    inline: null,
  };
}

function noFork(words: readonly string[]): boolean {
  return words.includes("-F") || words.includes("--no-fork");
}

/** The command behind the options of env, nice and so on; their option values are numbers or assignments. */
function afterOptions(name: string, words: readonly string[]): readonly string[] {
  let at = 0;
  while (at < words.length) {
    const word = words[at]!;
    if (name === "env" && (word === "-S" || word === "--split-string"))
      return [...splitWords(words[at + 1] ?? "").words.map(({ text }) => text), ...words.slice(at + 2)];
    const option = word.startsWith("-") || /^\w+=/.test(word) || /^\d[\d,-]*$/.test(word);
    if (!option) break;
    at += /^-[uC]$/.test(word) && name === "env" ? 2 : 1;
  }
  return words.slice(at);
}

function readShell(name: string, rest: readonly string[]): Program {
  const at = rest.findIndex((word) => /^-[a-zA-Z]*c$/.test(word));
  if (at === -1) {
    const script = rest.find((word) => !word.startsWith("-")) ?? null;
    return { name, arguments: rest, kind: "shell", script, inline: null };
  }
  const inline = (rest[at + 1] ?? "").trim();
  // A shell becomes the program it was asked to exec, and that of a single simple command.
  const simple = /^(?:exec\s+)?([^;&|<>`()\n]+)$/.exec(inline);
  if (simple && !/^(cd|set|source|\.|ulimit|umask|export|test|\[|if|while|for|until)\s/.test(simple[1]!)) {
    const { words, unclosed } = splitWords(simple[1]!);
    if (!unclosed && words.length > 0) {
      const inner = readProgram(words.map(({ text }) => text));
      if (inner.kind !== "shell") return { ...inner, inline };
    }
  }
  const executed = /(?:^|[;&|]\s*)exec\s+([^;&|<>`()\n]+)$/.exec(inline);
  if (executed) {
    const inner = readProgram(splitWords(executed[1]!).words.map(({ text }) => text));
    return { ...inner, inline };
  }
  return { name, arguments: rest, kind: "shell", script: null, inline };
}

/** Whether the program stays as a parent of what does the work, so that signals and messages go to the wrong process. */
export function isWrapper({ kind, inline }: Program): boolean {
  return kind === "wrapper" || (kind === "shell" && inline !== null && /[;|&\n]/.test(inline));
}

/** Whether what runs says a word anywhere it can be seen: in its arguments, or in the script where there is a host. */
export function mentions(program: Program, words: RegExp, host: HostFacts | null): boolean {
  if (words.test(program.arguments.join(" ")) || words.test(program.inline ?? "")) return true;
  const script = program.script;
  if (script === null || !script.startsWith("/")) return false;
  return words.test(host?.text(script) ?? "");
}

/** How the program is called in a message: "npm start", "node", "the shell". */
export function programText({ name, kind, arguments: words }: Program): string {
  if (kind === "wrapper" && /^[a-z]+$/.test(words[0] ?? "")) return `${name} ${words[0]}`;
  return name;
}
