import type { Argument, Command, Option } from "commander";
import { listKeys } from "../spec/key-list.ts";
import { installedApps } from "./choose.ts";
import { Session } from "./session.ts";

/** What may stand at the end of a command line: words that the program knows, or things that have to be looked up. */
export type Wanted =
  | { kind: "words"; words: readonly string[] }
  | { kind: "apps" | "services" | "jobs" | "incidents" | "channels" | "keys" | "files" };

/** holdfast __complete: candidates for the last word, one on each line. Whatever goes wrong, a shell gets silence. */
export async function runComplete(program: Command, words: readonly string[]): Promise<number> {
  const session = new Session({ file: "holdfast.yaml", user: words.includes("--user") });
  try {
    const found = await lookUp(session, wantedAfter(program, words));
    const start = words.at(-1) ?? "";
    for (const word of found) if (word.startsWith(start)) process.stdout.write(`${word}\n`);
  } catch {
    // The record may belong to root, or to a later version: then there is nothing to offer.
  } finally {
    await session.close().catch(() => {});
  }
  return 0;
}

/** What the words so far ask for; the last of them is the one that is being typed. */
export function wantedAfter(program: Command, words: readonly string[]): Wanted {
  let command = program;
  let operands = 0;
  let open: Option | undefined;
  let onlyOperands = false;
  for (const word of words.slice(0, -1)) {
    const inner =
      operands === 0 && !onlyOperands ? command.commands.find((c) => c.name() === word) : undefined;
    if (open) open = undefined;
    else if (word === "--") onlyOperands = true;
    else if (word.startsWith("-") && !onlyOperands) open = optionWithValue(command, word);
    else if (inner) command = inner;
    else operands++;
  }
  const last = words.at(-1) ?? "";
  if (open) return valueOf(open);
  const help = command.createHelp();
  if (last.startsWith("-") && !onlyOperands) {
    const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
    return { kind: "words", words: [...new Set(options.map((option) => option.long ?? option.short!))] };
  }
  const commands = help.visibleCommands(command).map((inner) => inner.name());
  if (commands.length > 0 && operands === 0) return { kind: "words", words: commands };
  const final = command.registeredArguments.at(-1);
  const argument = command.registeredArguments[operands] ?? (final?.variadic ? final : undefined);
  return argument ? operandOf(argument) : { kind: "words", words: [] };
}

function optionWithValue(command: Command, word: string): Option | undefined {
  if (word.includes("=")) return undefined;
  for (let owner: Command | null = command; owner; owner = owner.parent) {
    const option = owner.options.find(({ long, short }) => long === word || short === word);
    if (option) return option.required || option.optional ? option : undefined;
  }
  return undefined;
}

function valueOf(option: Option): Wanted {
  if (option.argChoices) return { kind: "words", words: option.argChoices };
  return /<(file|directory|path)>/.test(option.flags) ? { kind: "files" } : { kind: "words", words: [] };
}

function operandOf(argument: Argument): Wanted {
  if (argument.argChoices) return { kind: "words", words: argument.argChoices };
  const name = argument.name();
  if (name === "key") return { kind: "keys" };
  if (name === "app") return { kind: "apps" };
  if (name === "incident") return { kind: "incidents" };
  if (name === "channel") return { kind: "channels" };
  if (name === "name") return { kind: /^(a )?jobs?\b/.test(argument.description) ? "jobs" : "services" };
  return /^(file|directory|path|plan)$/.test(name) ? { kind: "files" } : { kind: "words", words: [] };
}

async function lookUp(session: Session, wanted: Wanted): Promise<readonly string[]> {
  switch (wanted.kind) {
    case "words":
      return wanted.words;
    case "files":
      // The shell itself knows best.
      return [];
    case "keys":
      return [...new Set(listKeys().flatMap(({ path }) => [path.slice(-2).join("."), path.at(-1)!]))].filter(
        (key) => !/NAME|\[/.test(key),
      );
    case "apps":
      return installedApps(session);
    case "incidents":
      return (session.record()?.teller.store.incidents.list(null) ?? []).map(({ name }) => name);
    case "channels":
      return installedApps(session).flatMap(
        (app) =>
          session
            .record()
            ?.teller.telling(app)
            .file.channels.map(({ name }) => name) ?? [],
      );
    default:
      return installedNames(session, wanted.kind);
  }
}

/** Names as people type them: with the application in front where two have the same. */
async function installedNames(session: Session, kind: "services" | "jobs"): Promise<string[]> {
  const apps = installedApps(session);
  const pairs: { app: string; name: string }[] = [];
  for (const app of apps) {
    const desired = (await session.currentGeneration(app))?.desired;
    const found = (desired?.services ?? []).filter(({ job }) => kind === "services" || job !== null);
    pairs.push(...found.map(({ name }) => ({ app, name })));
  }
  const once = (name: string) => pairs.filter((other) => other.name === name).length === 1;
  return [...apps, ...pairs.map(({ app, name }) => (once(name) ? name : `${app}/${name}`))];
}
