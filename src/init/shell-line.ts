import { parseCommand } from "../value/command.ts";

/** NAME=value words in front of a command become settings; what a shell would still have to expand stays where it is. */
export function splitAssignments(line: string): { set: Record<string, string>; rest: string } {
  const set: Record<string, string> = {};
  let rest = line.trim();
  for (;;) {
    const match = /^([A-Za-z_]\w*)=('[^']*'|"[^"$`\\]*"|[^\s'"$`\\;&|<>]*)(?:\s+|$)/.exec(rest);
    if (!match) return { set, rest };
    set[match[1]!] = match[2]!.replace(/^(['"])(.*)\1$/s, "$2");
    rest = rest.slice(match[0].length);
  }
}

/** A line for a shell as words: by itself where it is plain, through /bin/sh where it is not. */
export function wordsOf(line: string): { run: readonly string[]; shell: boolean } {
  const words = parseCommand(line);
  if (words.ok) return { run: words.value, shell: false };
  // exec, so that signals reach the program and not the shell; it cannot stand before what is not one command.
  const simple = !/[;&|\n]/.test(line);
  return { run: ["/bin/sh", "-c", simple ? `exec ${line}` : line], shell: true };
}

/** The runtime that a line or script starts in the end: with a shell in front its name does not tell. */
export function runtimeIn(text: string): string {
  const known: readonly (readonly [RegExp, string])[] = [
    [/\b(node|npm|npx|yarn|pnpm)\b/, "node"],
    [/\bbun\b/, "bun"],
    [/\bdeno\b/, "deno"],
    [/\bjava\b/, "java"],
    [/\b(ruby|bundle|puma)\b/, "ruby"],
    [/\b(python[\d.]*|gunicorn|uvicorn|celery)\b/, "python"],
  ];
  return known.find(([pattern]) => pattern.test(text))?.[1] ?? "other";
}
