import type { ExecCommand } from "../unit/exec-line.ts";
import { programName } from "./in-force.ts";

const shells = new Set("sh bash dash zsh ksh ash fish busybox".split(" "));
const scripting = new Set(
  "awk gawk mawk perl sed python python3 ruby php node jq tmux screen expect tclsh lua grep egrep find xargs nft".split(
    " ",
  ),
);

/** Whether a shell or a language reads an argument, in which "$" has a meaning of its own. */
export function readsScript({ program, arguments: words }: ExecCommand): boolean {
  return [program, ...words].some(({ text }) => {
    const name = programName(text);
    return shells.has(name) || scripting.has(name);
  });
}

/** Whether a shell is part of a command, by itself or behind sudo, flock and their like. */
export function usesShell({ program, arguments: words }: ExecCommand): boolean {
  return [program, ...words].some(({ text }) => shells.has(programName(text)));
}
