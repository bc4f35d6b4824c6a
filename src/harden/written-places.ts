import { dirname } from "node:path";

/** Where a program may write whatever shuts it in, or what nobody misses. */
const notKept =
  /^\/(dev|proc|sys|tmp|var\/tmp|run)(\/|$)|(^|\/)(__pycache__|\.cache|node_modules\/\.cache)(\/|$)|\.pyc(\.\d+)?$/;

export type WrittenPlace = { path: string; why: string };

/**
 * Directories that a program wrote to although nobody declared them. What lies in a place that it may write to anyway is
 * left out, and so is what it only wrote to save time: Python goes on without its compiled files.
 */
export function undeclaredPlaces(written: readonly string[], allowed: readonly string[]): WrittenPlace[] {
  const places = new Map<string, string>();
  for (const path of written) {
    if (notKept.test(path) || allowed.some((place) => isWithin(path, place))) continue;
    const directory = dirname(path);
    if (directory === "/" || places.has(directory)) continue;
    places.set(directory, path);
  }
  const directories = [...places.keys()];
  return directories
    .filter((one) => !directories.some((other) => other !== one && isWithin(one, other)))
    .toSorted()
    .map((path) => ({ path, why: `it wrote ${places.get(path)!}` }));
}

/** Declared places that nothing was seen to be written to. */
export function unusedPlaces(written: readonly string[], declared: readonly string[]): string[] {
  return declared.filter((place) => !written.some((path) => isWithin(path, place)));
}

function isWithin(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}
