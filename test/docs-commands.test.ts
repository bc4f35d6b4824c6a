import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { expect, test, vi } from "vitest";
import { makeProgram } from "../src/cli/program.ts";

// What the documents tell people to type must be something that holdfast knows: its commands, options and arguments.

const root = resolve(import.meta.dirname, "..");
const pages = globSync(
  ["*.md", "docs/**/*.md", "examples/**/*.md", "src/**/README.md", "changes/**/*.md", "bench/**/*.md"],
  { cwd: root },
).toSorted();

vi.stubGlobal("HOLDFAST_VERSION", "0.0.0");
const program = makeProgram();

/** What units call; main.ts answers it and loads no other command. */
const answeredByMain = new Set(["gate", "record-run"]);

type Typed = { where: string; text: string; isWhole: boolean };

const typed = pages.flatMap(commandsIn);

test("there are commands in the pages", () => expect(typed.length).toBeGreaterThan(100));

test("every holdfast command in the pages is one that holdfast takes", () => {
  const wrong = typed.flatMap(({ where, text, isWhole }) => {
    const trouble = troubleWith(wordsOf(text), isWhole);
    return trouble === null ? [] : [`${where}: ${text}: ${trouble}; correct the page, or the command`];
  });
  expect(wrong).toEqual([]);
});

test.each([
  ["frobnicate", "there is no command frobnicate"],
  ["incident list --everything", "incident list has no option --everything"],
  ["incident ack", "incident ack needs <incident>"],
  ["rollback bot again", "rollback takes no further again"],
])("holdfast %s is seen to be wrong", (text, trouble) => {
  expect(troubleWith(wordsOf(`holdfast ${text}`), true)).toBe(trouble);
});

/** Lines of examples are whole; in a sentence only the name of a command may stand. */
function commandsIn(page: string): Typed[] {
  let isFenced = false;
  return readFileSync(join(root, page), "utf8")
    .split("\n")
    .flatMap((line, index): Typed[] => {
      const where = `${page}:${index + 1}`;
      if (line.startsWith("```")) isFenced = !isFenced;
      const example = (
        isFenced ? /^(?:\$ )?(?:sudo )?(holdfast .*)$/ : /^ {4}(?:\$ )?(?:sudo )?(holdfast .*)$/
      ).exec(line);
      if (example) return [{ where, text: example[1]!, isWhole: true }];
      if (isFenced) return [];
      return [...line.matchAll(/`(?:sudo )?(holdfast [^`]+)`/g)].map(([, text]) => ({
        where,
        text: text!,
        isWhole: false,
      }));
    });
}

/** Up to where the shell goes on with something else. */
function wordsOf(text: string): string[] {
  const words = text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  const end = words.findIndex((word) => /^(?:#|\||\|\||&&|>|<|;)/.test(word));
  return words.slice(1, end === -1 ? words.length : end);
}

function troubleWith(words: readonly string[], isWhole: boolean): string | null {
  let command: Command = program;
  if (answeredByMain.has(words[0]!)) return null;
  let operands = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word.startsWith("-")) {
      const [name] = word.split("=");
      const option = chainOf(command)
        .flatMap((one) => one.options)
        .find(({ short, long }) => name === short || name === long);
      if (option === undefined) {
        if (name === "--help") return null;
        return `${nameOf(command)} has no option ${name}`;
      }
      if (option.isBoolean() || word.includes("=")) continue;
      const end = words.findIndex((one, index) => index > at && one.startsWith("-"));
      const values = (end === -1 ? words.length : end) - at - 1;
      at += option.variadic ? values : Math.min(values, 1);
      continue;
    }
    const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    const taken = command.registeredArguments;
    if (next !== undefined) command = next;
    else if (command.commands.length > 0 && taken.length === 0)
      return `there is no command ${[nameOf(command), word].join(" ").trim()}`;
    else if (++operands > taken.length && taken.at(-1)?.variadic !== true)
      return `${nameOf(command)} takes no further ${word}`;
  }
  const missing = isWhole
    ? command.registeredArguments.slice(operands).find((one) => one.required)
    : undefined;
  return missing ? `${nameOf(command)} needs <${missing.name()}>` : null;
}

function chainOf(command: Command): Command[] {
  return command.parent === null ? [command] : [command, ...chainOf(command.parent)];
}

function nameOf(command: Command): string {
  return chainOf(command)
    .slice(0, -1)
    .map((one) => one.name())
    .toReversed()
    .join(" ");
}
