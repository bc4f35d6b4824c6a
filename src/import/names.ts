import { slugOf } from "../spec/slug.ts";

/** Names that Holdfast's own units of an application have. */
const reserved = ["check", "drill", "expect", "notify", "probation"];

/** Hands out names that the spec takes, each once. */
export class Names {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set([...reserved, ...taken]);
  }

  take(wanted: string, otherwise = "program"): string {
    const slug = slugOf(wanted) || otherwise;
    let name = slug;
    for (let number = 2; this.#taken.has(name); number++) name = `${slug.slice(0, 36)}-${number}`;
    this.#taken.add(name);
    return name;
  }
}

/** What a command is called after: its script rather than its interpreter. */
export function nameOfCommand(words: readonly string[]): string {
  const list = words[1] === "-c" ? lastCommand(words[2] ?? "") : words;
  const candidates = list.filter((word) => /^[\w./@+-]+$/.test(word) && !/^[-+\d]/.test(word));
  const chosen = candidates.find((word) => !interpreters.test(base(word))) ?? candidates[0] ?? "";
  return base(chosen).replace(/\.(sh|py|js|cjs|mjs|ts|rb|pl|php|jar|bash)$/, "");
}

/** Of several commands the last one is what it is about; of a pipe the first. */
function lastCommand(text: string): string[] {
  return (text.split(/&&|\|\||;/).findLast((part) => part.trim() !== "") ?? "").trim().split(/\s+/);
}

const interpreters =
  /^(env|exec|sh|bash|dash|zsh|python[\d.]*|node|nodejs|bun|deno|ruby|perl|php[\d.]*|java|npm|npx|yarn|pnpm|run|start|sudo|nice|ionice|test|cd|-?[A-Z_]+=.*)$/;

function base(word: string): string {
  return word.split("/").findLast((part) => part !== "") ?? "";
}
