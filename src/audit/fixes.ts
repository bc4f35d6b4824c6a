import type { Step } from "./walk-path.ts";
import type { Somebody } from "./who-may.ts";

/** A word as a shell takes it: quoted when it has to be. */
export function word(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Takes the right to change a path away from those who have it. */
export function closeToChange(path: string, somebody: readonly Somebody[], owner = "root"): string {
  const bits = [
    somebody.some(({ how }) => how === "group") ? "g" : "",
    somebody.some(({ how }) => how === "everybody") ? "o" : "",
  ].join("");
  const commands = [
    ...(somebody.some(({ how }) => how === "owner") ? [`chown -h ${word(owner)} ${word(path)}`] : []),
    ...(bits === "" ? [] : [`chmod ${bits}-w ${word(path)}`]),
  ];
  return commands.join(" && ");
}

/** Such as /tmp: everybody may put files there, and that is what it is for. */
export function isSharedPlace({ stat }: Pick<Step, "stat">): boolean {
  return stat.kind === "directory" && (stat.mode & 0o1002) === 0o1002;
}

/**
 * What mends one place on the way to a file. Somebody's own directory is left to him: then the file has to `move`. Only
 * `within` the application's directory may owners be changed.
 */
export function closeStep(
  step: Step,
  somebody: readonly Somebody[],
  options: { within: string | null; move: string },
): string {
  const { within, move } = options;
  if (isSharedPlace(step)) return move;
  const own = within !== null && (step.path === within || step.path.startsWith(`${within}/`));
  const takesOver = step.stat.kind === "directory" && somebody.some(({ how }) => how === "owner");
  return takesOver && !own ? move : closeToChange(step.path, somebody);
}

/** Gives a tree to root, and what services write in it back to their account. */
export function takeOver(directory: string, user: string | null, writes: readonly string[]): string {
  const back = [...new Set(writes)].filter((path) => path.startsWith(`${directory}/`));
  return [
    `chown -R root: ${word(directory)}`,
    ...(user === null || back.length === 0 ? [] : [`chown -R ${word(user)}: ${back.map(word).join(" ")}`]),
  ].join(" && ");
}
