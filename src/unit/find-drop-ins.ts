import { basename, join } from "node:path";

/** Where systemd looks for units, the strongest first (systemd.unit(5), "UNIT FILE LOAD PATH"). */
export const unitPath = {
  system: [
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
  ],
  user: [
    "/etc/systemd/user",
    "/run/systemd/user",
    "/usr/local/share/systemd/user",
    "/usr/share/systemd/user",
    "/usr/local/lib/systemd/user",
    "/usr/lib/systemd/user",
  ],
} as const;

/** The places of a scope, with those of the user's own home in front. */
export function unitPlaces(scope: "system" | "user", home: string): string[] {
  const own = [".config/systemd/user.control", ".config/systemd/user", ".local/share/systemd/user"];
  return scope === "system"
    ? [...unitPath.system]
    : [...own.map((place) => join(home, place)), ...unitPath.user];
}

/**
 * Names of the directories with drop-ins of a unit, the most general first (systemd.unit(5)): "service.d",
 * "a-.service.d", "a-b@.service.d", "a-b@x.service.d".
 */
export function dropInDirectories(unit: string): string[] {
  const dot = unit.lastIndexOf(".");
  const type = unit.slice(dot + 1);
  const stem = unit.slice(0, dot);
  const template = stem.includes("@") ? stem.slice(0, stem.indexOf("@") + 1) : null;
  const dashes = [...(template ?? stem).matchAll(/-/g)]
    .map(({ index }) => `${stem.slice(0, index + 1)}.${type}.d`)
    .filter((name) => name !== `${stem}.${type}.d`);
  const own = template !== null && template !== stem ? [`${template}.${type}.d`, `${unit}.d`] : [`${unit}.d`];
  return [`${type}.d`, ...dashes, ...own];
}

/**
 * The drop-ins of a unit in the order in which they take effect: by file name, whatever their directory; of two with the
 * same name the one of the more special directory counts, and among equals that of the stronger place. An empty file or a
 * link to /dev/null hides the others of its name, so it is in the list. `list` gives a directory's entries, none when it is missing.
 */
export function findDropIns(
  unit: string,
  places: readonly string[],
  list: (directory: string) => readonly string[],
): string[] {
  const byName = new Map<string, string>();
  for (const directory of dropInDirectories(unit).toReversed())
    for (const place of places)
      for (const entry of list(join(place, directory)))
        if (entry.endsWith(".conf") && !byName.has(entry)) byName.set(entry, join(place, directory, entry));
  return [...byName.values()].toSorted((a, b) => (basename(a) < basename(b) ? -1 : 1));
}
