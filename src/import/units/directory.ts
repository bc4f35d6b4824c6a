import type { Reasoned } from "../imported.ts";
import type { ReadUnit } from "./read-units.ts";

/** The directory of an application: where most of its units run. */
export function directoryOf(members: readonly ReadUnit[]): Reasoned<string> {
  const count = new Map<string, number>();
  for (const { force } of members) {
    const path = force.sections.get("Service")?.get("WorkingDirectory")?.at(-1)?.value ?? "/";
    const isPlain = /^\/[^\p{Cc}%"'\\]*$/u.test(path) && !/\/\/|\/\.\.?(\/|$)|.\/$|\s/.test(path);
    const directory = isPlain ? path : "/";
    count.set(directory, (count.get(directory) ?? 0) + 1);
  }
  const [value] = [...count].toSorted((a, b) => b[1] - a[1])[0]!;
  return {
    value,
    why:
      value === "/" ? "systemd's own, where no WorkingDirectory= says another" : `WorkingDirectory=${value}`,
  };
}
