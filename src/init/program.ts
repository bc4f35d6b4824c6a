import type { Folder } from "./folder.ts";

/** A program that was found and is to become a service. */
export type Program = {
  name: string;
  run: readonly string[];
  /** Only where the guess from the program's name would be wrong, or a version is asked for. */
  runtime?: { text: string; because: string };
  /** Variables that stood in front of the command. */
  set: Readonly<Record<string, string>>;
  port?: number;
  /** Where the command comes from: "found venv/bin/python and bot.py". */
  because: string;
  /** What has to be known or done before it runs. */
  notes: readonly string[];
};

/** What one kind of application says about a folder; null when it is none of that kind. */
export type Detector = (folder: Folder, app: string) => readonly Program[] | null;

/** Programs of the folder itself first, as an activated environment or npm would look them up. */
export function withOwnPrograms(folder: Folder, run: readonly string[]): readonly string[] {
  const [program, ...rest] = run;
  if (program === undefined || program.includes("/")) return run;
  const name = program === "python3" ? "python" : program;
  const own = ["venv/bin", ".venv/bin", "env/bin", "node_modules/.bin"]
    .map((directory) => `${directory}/${name}`)
    .find((path) => folder.entries.get(path)?.kind === "file");
  return own === undefined ? run : [own, ...rest];
}
