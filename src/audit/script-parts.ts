import { isAbsolute, join } from "node:path";
import type { UnitCommand } from "./facts.ts";
import type { Look } from "./look.ts";

/** A script is one of the first words; later ones are its own business. */
const firstWords = 5;

/** Files that decide what a command does: the program, its interpreter, and scripts among its words. */
export async function scriptParts(
  look: Look,
  directory: string,
  { path, argv }: Pick<UnitCommand, "path" | "argv">,
): Promise<string[]> {
  const found = isAbsolute(path) ? [path] : [];
  for (const argument of argv.slice(1, 1 + firstWords)) {
    if (argument.startsWith("-") || argument === "" || argument.includes("\0")) continue;
    const file = isAbsolute(argument) ? argument : join(directory, argument);
    if ((await kindAt(look, file)) === "file") found.push(file);
  }
  const interpreters = await Promise.all(found.map((file) => interpreterOf(look, file)));
  return [...new Set([...found, ...interpreters.flat()])];
}

async function kindAt(look: Look, path: string): Promise<string | null> {
  const { stat } = await look.stat(path);
  if (stat?.kind !== "link") return stat?.kind ?? null;
  return (await look.text(path)).text === null ? null : "file";
}

/** The program of the first line of a script; env(1) finds another by PATH, which is looked at by itself. */
async function interpreterOf(look: Look, path: string): Promise<string[]> {
  const { text } = await look.text(path);
  const program = /^#!\s*(\/\S+)/.exec(text?.slice(0, 256) ?? "")?.[1];
  return program === undefined ? [] : [program];
}
