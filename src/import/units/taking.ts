import { basename } from "node:path";
import type { Key, SpecData } from "../../init/write-keys.ts";
import type { Setting } from "../../unit/settings.ts";
import { placeOf, shown, type InForce } from "./in-force.ts";
import type { FoundUnit } from "./unit-files.ts";

/** A directive of a unit, by section and name. */
export type Named = readonly [section: string, key: string];

/**
 * The directives of one unit while they become keys of the spec. What nobody takes stands below systemd: as it was. Keys that
 * the spec has refused once are not tried again: their directives stay as they were, too.
 */
export class Taking {
  readonly unit: FoundUnit;
  readonly keys: Key[] = [];
  /** The directives that a key was made of, by the key's path with dots. */
  readonly claims = new Map<string, readonly Named[]>();
  readonly #left = new Map<string, Map<string, readonly Setting[]>>();
  readonly #force: InForce;
  readonly #refused: ReadonlyMap<string, string>;
  /** Why a directive has stayed one, where a key for it was refused. */
  readonly #reasons = new Map<string, string>();

  /** `refused`: keys that the spec would not have, each with the reason. */
  constructor(unit: FoundUnit, force: InForce, refused: ReadonlyMap<string, string> = new Map()) {
    this.unit = unit;
    this.#force = force;
    this.#refused = refused;
    for (const [section, keys] of force.sections) this.#left.set(section, new Map(keys));
  }

  /** All that is in force, by section and directive. */
  get everything(): InForce["sections"] {
    return this.#force.sections;
  }

  /** All that is in force of a directive, taken or not. */
  all([section, key]: Named): readonly Setting[] {
    return this.#force.sections.get(section)?.get(key) ?? [];
  }

  /** The values in force that nobody has taken yet. */
  left([section, key]: Named): readonly Setting[] {
    return this.#left.get(section)?.get(key) ?? [];
  }

  /** The value of a directive that has only one. */
  value(name: Named): string | null {
    return this.all(name).at(-1)?.value ?? null;
  }

  /** Makes a key of directives, unless the spec has refused it; `why` is what was written when it is left out. */
  put(key: readonly string[], value: SpecData, from: readonly Named[], why?: string): boolean {
    if (this.#isRefused(key, from)) return false;
    const settings = from.flatMap((name) => [...this.left(name)]);
    this.claims.set(key.join("."), from);
    const same = settings.length === 1 && settings[0]!.value === value;
    const reason = why ?? (same ? `${settings[0]!.key}=` : settings.map(shown).join(", "));
    this.keys.push({
      key,
      value,
      why: `${reason}${originOf(settings, this.unit)}`,
      at: firstPlace(settings),
    });
    for (const name of from) this.drop(name);
    return true;
  }

  /** The same of words of a directive, whose other words stay. */
  putWords(key: readonly string[], value: SpecData, from: readonly Named[], why: string): boolean {
    if (this.#isRefused(key, from)) return false;
    this.claims.set(key.join("."), from);
    const settings = from.flatMap((name) => [...this.left(name)]);
    this.keys.push({ key, value, why: `${why}${originOf(settings, this.unit)}`, at: firstPlace(settings) });
    return true;
  }

  #isRefused(key: readonly string[], from: readonly Named[]): boolean {
    const why = this.#refused.get(key.join("."));
    if (why === undefined) return false;
    for (const name of from) this.#reasons.set(name.join("."), `${key.join(".")} cannot say it: ${why}`);
    return true;
  }

  /** Takes a directive out of what is left: another one says the same, or it is systemd's own default. */
  drop([section, key]: Named): void {
    this.#left.get(section)?.delete(key);
  }

  /** Takes single words out of the lines of a directive; the lines that are left have the others. */
  leave([section, key]: Named, settings: readonly Setting[]): void {
    if (settings.length === 0) this.drop([section, key]);
    else this.#left.get(section)?.set(key, settings);
  }

  /** What nobody has taken, as keys below systemd:. `blocks` tells the block of a section; a section without one is left out. */
  rest(blocks: Readonly<Record<string, string>>): Key[] {
    const keys: Key[] = [];
    let said = "";
    for (const [section, directives] of this.#left) {
      const block = blocks[section];
      if (block === undefined) continue;
      for (const [key, settings] of directives) {
        const values = settings.map(({ value }) => value);
        const origin = originOf(settings, this.unit).replace(/^ \((.*)\)$/, "$1");
        // Two directives of one key have one reason.
        const reason = this.#reasons.get(`${section}.${key}`) ?? "";
        const why = [reason === said ? "" : reason, origin].filter((part) => part !== "").join("; ");
        said = reason;
        keys.push({
          key: ["systemd", block, key],
          value: values.length === 1 ? values[0]! : values,
          ...(why === "" ? {} : { why }),
          at: firstPlace(settings),
        });
      }
    }
    return keys;
  }
}

/** Names the drop-in that a value comes from; what comes from the unit's own file needs no word. */
function originOf(settings: readonly Setting[], unit: FoundUnit): string {
  const files = [...new Set(settings.map(({ file }) => file).filter((file) => file !== unit.fragment))];
  return files.length === 0
    ? ""
    : ` (of the drop-in ${files.map(({ path }) => basename(path)).join(" and ")})`;
}

function firstPlace(settings: readonly Setting[]) {
  return settings[0] === undefined ? undefined : placeOf(settings[0]);
}
