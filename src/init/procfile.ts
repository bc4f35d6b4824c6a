import { slugOf } from "../spec/slug.ts";
import { textOf, type Folder } from "./folder.ts";
import { withOwnPrograms, type Program } from "./program.ts";
import { runtimeIn, splitAssignments, wordsOf } from "./shell-line.ts";

const usualPort = 8000;

/** A Procfile: one program for each line. Where it asks for $PORT, the port that is known is written in. */
export function readProcfile(folder: Folder, knownPort: number | undefined): readonly Program[] | null {
  const text = textOf(folder, "Procfile");
  if (text === undefined) return null;
  const programs: Program[] = [];
  let released = false;
  let port = knownPort ?? usualPort;
  for (const line of text.split(/\r?\n/)) {
    const [, written, command] = /^([A-Za-z0-9_-]+)\s*:\s*(.+)$/.exec(line) ?? [];
    if (written === undefined || command === undefined) continue;
    if (written === "release") {
      released = true;
      continue;
    }
    const name = unusedName(slugOf(written) || "service", programs);
    const asksForPort = /\$(PORT\b|\{PORT\})/.test(command);
    const plain = command.replaceAll(/\$(PORT\b|\{PORT\})/g, String(port));
    programs.push({
      ...programOf(folder, name, plain),
      because: `"${written}" in Procfile`,
      ...(asksForPort ? { port } : {}),
    });
    // As foreman does: the next one that asks gets a port of its own.
    if (asksForPort) port += 100;
  }
  const [first, ...others] = programs;
  if (!first) return null;
  const note = '"release" of the Procfile is no service: run its command before you apply a new version';
  return released ? [{ ...first, notes: [...first.notes, note] }, ...others] : programs;
}

function programOf(folder: Folder, name: string, command: string): Omit<Program, "because"> {
  const { set, rest } = splitAssignments(command);
  const { run, shell } = wordsOf(rest);
  if (!shell) {
    const own = withOwnPrograms(folder, run);
    const hidden = own !== run || /^(bundle|gunicorn|uvicorn|celery|npm|npx)$/.test(run[0]!);
    const runtime = hidden ? { runtime: { text: runtimeIn(rest), because: "what the command starts" } } : {};
    return { name, run: own, set, notes: [], ...runtime };
  }
  return {
    name,
    run,
    set,
    runtime: { text: runtimeIn(rest), because: "what the shell starts" },
    notes: ["the line needs a shell; better put it into a script that ends with exec"],
  };
}

function unusedName(name: string, programs: readonly Program[]): string {
  let free = name;
  for (let number = 2; programs.some((other) => other.name === free); number++) free = `${name}-${number}`;
  return free;
}
