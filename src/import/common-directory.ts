import type { ImportedProgram } from "./imported.ts";

/** Where most of the programs run, the first of equals; undefined where none says. */
export function commonDirectory(programs: readonly ImportedProgram[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { directory } of programs)
    if (directory !== undefined) counts.set(directory, (counts.get(directory) ?? 0) + 1);
  let best: string | undefined;
  for (const [directory, count] of counts)
    if (best === undefined || count > counts.get(best)!) best = directory;
  return best;
}
