import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import type { Host, Scope } from "../host/host.ts";
import { localUnitSource, type UnitSource } from "../host/unit-source.ts";
import type { ForeignFile } from "../import/imported.ts";
import { isUnitPath } from "../import/units/unit-files.ts";
import { findDropIns, unitPath } from "../unit/find-drop-ins.ts";
import { decodeUnit } from "../unit/unit-text.ts";
import { unitName } from "../value/unit-name.ts";

/** Units that import was given, with their drop-ins and timers, and what of it is no unit. */
export type FoundUnitFiles = {
  files: readonly ForeignFile[];
  /** Units whose file has another name, by its path: instances of templates. */
  names: ReadonlyMap<string, string>;
  /** Units that this host's systemd knows. */
  onHost: readonly string[];
  rest: readonly string[];
};

const ownSuffix = /\.(service|timer|socket|path|target|mount|automount|swap|slice)$/;

/** What editors and packages leave beside a file. */
const backup = /(~|\/\.[^/]*|\.(bak|orig|swp|dpkg-\w+|rpm\w+))$/;

/**
 * Finds units by file, by folder, or by the name of a unit of this host. A unit comes with its drop-ins, as systemd would find
 * them, and with the timer of the same name.
 */
export function findUnitFiles(
  given: readonly string[],
  scope: Scope,
  source: UnitSource = localUnitSource,
): FoundUnitFiles {
  const search = new Search(placesOf(scope), source);
  const rest = given.flatMap((one) => search.add(one));
  return { files: [...search.files.values()], names: search.names, onHost: [...search.onHost], rest };
}

/** Where systemd looks, the strongest place first; users have places of their own before the rest. */
function placesOf(scope: Scope): readonly string[] {
  if (scope === "system") return unitPath.system;
  const own = process.env["XDG_CONFIG_HOME"] ?? join(homedir(), ".config");
  return [join(own, "systemd/user"), join(homedir(), ".local/share/systemd/user"), ...unitPath.user];
}

class Search {
  readonly files = new Map<string, ForeignFile>();
  readonly names = new Map<string, string>();
  readonly onHost = new Set<string>();
  readonly #seen = new Set<string>();
  readonly #places: readonly string[];
  readonly #source: UnitSource;

  constructor(places: readonly string[], source: UnitSource) {
    this.#places = places;
    this.#source = source;
  }

  /** Adds what is meant by an argument; gives back what is no unit. */
  add(given: string): string[] {
    if (this.#source.entry(given) === null) return this.#byName(given) ? [] : [given];
    const names = this.#source.list(given);
    if (names === null) return this.#byPath(given) ? [] : [given];
    // A folder of something else is for the other formats.
    if (!names.some((name) => name.endsWith(".service"))) return [given];
    const paths = names.map((name) => join(given, name));
    const rest = paths.filter(
      (path) => !backup.test(path) && this.#source.list(path) === null && !this.#byPath(path),
    );
    // Drop-ins of units that are not in the folder are told of.
    for (const path of paths.filter((one) => one.endsWith(".d")))
      for (const name of this.#source.list(path) ?? []) this.#byPath(join(path, name));
    return rest;
  }

  #byPath(path: string): boolean {
    if (!isUnitPath(path)) return false;
    if (!ownSuffix.test(path)) return this.#read(path);
    return this.#unit(basename(path), resolve(path));
  }

  #byName(name: string): boolean {
    if (name.includes("/")) return false;
    const unit = ownSuffix.test(name) ? name : `${name}.service`;
    const file = this.#find(unit) ?? this.#find(unit.replace(/@[^.]*(?=\.[a-z]+$)/, "@"));
    return file !== null && this.#unit(unit, file);
  }

  #find(unit: string): string | null {
    return (
      this.#places.map((place) => join(place, unit)).find((path) => this.#source.entry(path) !== null) ?? null
    );
  }

  #unit(name: string, given: string): boolean {
    // A link with another name is an alias, and leads to the unit; one from an instance to its template does not.
    const target = this.#source.real(given);
    const isAlias =
      target !== null &&
      ownSuffix.test(target) &&
      basename(target) !== basename(given) &&
      !/@\.[a-z]+$/.test(target);
    const [unit, path] = isAlias ? [basename(target), target] : [name, given];
    const isOnHost = this.#places.includes(dirname(path));
    // What a weaker place has under the same name does not count.
    if (this.#seen.has(unit)) return true;
    if (!this.#read(path)) return false;
    this.#seen.add(unit);
    if (unit !== basename(path)) this.names.set(path, unit);
    if (isOnHost) this.onHost.add(unit);
    const places = isOnHost ? this.#places : [dirname(path)];
    for (const dropIn of findDropIns(unit, places, (directory) => this.#source.list(directory) ?? []))
      this.#read(dropIn);
    if (!unit.endsWith(".service")) return true;
    const timer = unit.replace(/\.service$/, ".timer");
    const ofTimer = isOnHost ? this.#find(timer) : join(dirname(path), timer);
    if (ofTimer !== null && this.#source.entry(ofTimer) !== null) this.#unit(timer, ofTimer);
    this.#timersNaming(unit, places);
    return true;
  }

  /** Timers with another name say what they start. */
  #timersNaming(unit: string, places: readonly string[]): void {
    for (const place of places)
      for (const name of this.#source.list(place) ?? []) {
        if (!name.endsWith(".timer")) continue;
        const read = this.#source.read(join(place, name));
        if ("bytes" in read && read.bytes.toString("latin1").includes(`Unit=${unit}`))
          this.#unit(name, join(place, name));
      }
  }

  #read(path: string): boolean {
    const read = this.#source.read(path);
    // A link to /dev/null hides other drop-ins of its name, and masks a unit.
    const isHidden = this.#source.real(path) === "/dev/null";
    if (!("bytes" in read) && !isHidden) return false;
    const text = "bytes" in read ? decodeUnit(read.bytes) : "";
    // An empty drop-in has done its part when the drop-ins were looked for: it hides others, and says nothing itself.
    if (text.trim() !== "" || ownSuffix.test(path)) this.files.set(path, { path, text });
    return true;
  }
}

/** Whether the host starts its units at boot; nothing is said of those that have no say in it, such as static ones. */
export async function readEnabled(host: Host, units: readonly string[]): Promise<Map<string, boolean>> {
  const enabled = new Map<string, boolean>();
  for (const unit of units) {
    const state = await host.systemd.unitFileState(unitName(unit));
    if (state.startsWith("enabled")) enabled.set(unit, true);
    if (/^(disabled|linked)/.test(state)) enabled.set(unit, false);
  }
  return enabled;
}
