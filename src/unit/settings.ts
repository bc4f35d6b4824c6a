import type { Assignment, UnitFile } from "./unit-file.ts";

/** An assignment in force, and the file it stands in. */
export type Setting = Assignment & { file: UnitFile };

/**
 * What a unit says after its drop-ins: the fragment first, then each drop-in in the order of systemd.unit(5). An empty
 * assignment takes back all before it, whatever the directive: lists begin anew, single values return to their default.
 */
export class Settings {
  readonly files: readonly UnitFile[];
  readonly #sections = new Map<string, Map<string, Setting[]>>();
  readonly #every: Setting[] = [];

  constructor(files: readonly UnitFile[]) {
    this.files = files;
    for (const file of files)
      for (const node of file.nodes)
        if (node.kind === "assignment" && node.section !== null)
          this.#add(node.section, Object.assign(node, { file }));
  }

  #add(section: string, setting: Setting): void {
    this.#every.push(setting);
    const keys = this.#sections.get(section) ?? new Map<string, Setting[]>();
    this.#sections.set(section, keys);
    const list = keys.get(setting.key);
    if (list) list.push(setting);
    else keys.set(setting.key, [setting]);
  }

  /** Names of the sections, in order of first appearance. */
  get sections(): string[] {
    return [...this.#sections.keys()];
  }

  /** Keys that a section has, in order of first appearance. */
  keys(section: string): string[] {
    return [...(this.#sections.get(section)?.keys() ?? [])];
  }

  /** Every assignment as written, in order, those that were taken back too. */
  get written(): readonly Setting[] {
    return this.#every;
  }

  /** The assignments of a directive that count: those after the last empty one. */
  all(section: string, key: string): readonly Setting[] {
    const list = this.#sections.get(section)?.get(key);
    if (!list) return [];
    const empty = list.findLastIndex(({ value }) => value === "");
    return empty === -1 ? list : list.slice(empty + 1);
  }

  /** The assignment in force of a directive with one value. */
  last(section: string, key: string): Setting | null {
    return this.all(section, key).at(-1) ?? null;
  }

  /** The value in force; null when there is none. */
  value(section: string, key: string): string | null {
    return this.last(section, key)?.value ?? null;
  }

  /** Whether the directive is written at all, even as an empty one. */
  has(section: string, key: string): boolean {
    return this.#sections.get(section)?.has(key) ?? false;
  }
}
