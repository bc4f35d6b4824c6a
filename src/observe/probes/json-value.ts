/** What is at a path such as checks.db.status or nodes.0.name; undefined when there is nothing. */
export function valueAt(json: unknown, path: string): unknown {
  let at = json;
  for (const part of path.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at;
}
