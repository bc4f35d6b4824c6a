import { anyName, type KeyEntry } from "./key-list.ts";
import { nearest } from "./nearest.ts";

/** Keys that a person may mean: a whole path, the end of one, or the systemd directive that a key becomes. */
export function findKeys(query: string, all: readonly KeyEntry[]): readonly KeyEntry[] {
  if (/^[A-Z][A-Za-z]+=?$/.test(query)) {
    const directive = new RegExp(`\\b${query.replace("=", "")}=`);
    const found = all.filter((entry) => directive.test(entry.doc?.becomes ?? ""));
    if (found.length > 0) return found;
  }
  const steps = stepsOf(query);
  const inEnvironment = steps[0] === "environments" && steps.length > 2 ? steps.slice(2) : steps;
  const whole = all.filter((entry) => isPath(entry.path, inEnvironment));
  if (whole.length > 0) return whole;
  const ending = all.filter((entry) => endsWith(entry.path, steps));
  const literal = ending.filter((entry) => endsLiterally(entry.path, steps));
  if (ending.length > 0) return literal.length > 0 ? literal : ending;
  // services.bot.env.set.MODE: the name is the user's own, so the map of names is what can be explained.
  const above = inEnvironment.slice(0, -1);
  return all.filter((entry) => entry.names && (isPath(entry.path, above) || endsWith(entry.path, above)));
}

/** Keys that stand in several places with one meaning, such as those of services and jobs, told once. */
export function groupKeys(found: readonly KeyEntry[]): KeyEntry[][] {
  const groups = new Map<unknown, KeyEntry[]>();
  for (const entry of found) groups.set(entry.doc, [...(groups.get(entry.doc) ?? []), entry]);
  return [...groups.values()];
}

/** The key that was most likely meant by a query that finds none, as it can be typed again. */
export function nearestKey(query: string, all: readonly KeyEntry[]): string | undefined {
  const spellings = new Set(
    all.flatMap(({ path }) => [path.at(-1)!, path.slice(-2).join("."), pathText(path)]),
  );
  spellings.delete(anyName);
  return nearest(query, [...spellings]);
}

/** services.NAME.writes[].path */
export function pathText(path: readonly string[]): string {
  return path.join(".").replaceAll(".[]", "[]");
}

function stepsOf(query: string): string[] {
  return query
    .replaceAll(/\[\d*\]/g, ".[]")
    .split(".")
    .filter((step) => step !== "");
}

function isPath(path: readonly string[], steps: readonly string[]): boolean {
  return spellings(path, steps).some((told) => matches(told, steps));
}

/** A name of the user's, which stands for anything, cannot be all that matches. */
function endsWith(path: readonly string[], steps: readonly string[]): boolean {
  return spellings(path, steps).some((told) => {
    const end = told.slice(-steps.length);
    return steps.length > 0 && end.at(-1) !== anyName && matches(end, steps);
  });
}

/** Without a name of the user's in it. */
function endsLiterally(path: readonly string[], steps: readonly string[]): boolean {
  return spellings(path, steps).some((told) => told.slice(-steps.length).join(".") === steps.join("."));
}

/** Whoever asks for services.bot.health.http.url or health.url need not say which one of the list. */
function spellings(path: readonly string[], steps: readonly string[]): (readonly string[])[] {
  const item = path.indexOf("[]");
  if (item === -1 || steps.includes("[]")) return [path];
  const plain = path.filter((step) => step !== "[]");
  return path.length > item + 2 ? [plain, [...path.slice(0, item), ...path.slice(item + 2)]] : [plain];
}

function matches(path: readonly string[], steps: readonly string[]): boolean {
  return (
    path.length === steps.length && path.every((step, index) => step === anyName || step === steps[index])
  );
}
