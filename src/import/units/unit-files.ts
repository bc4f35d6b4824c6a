import { basename, dirname } from "node:path";
import { dropInDirectories } from "../../unit/find-drop-ins.ts";
import { parseUnit } from "../../unit/parse-unit.ts";
import type { UnitFile } from "../../unit/unit-file.ts";
import type { ForeignFile } from "../imported.ts";

const types = "service|socket|timer|path|target|mount|automount|swap|slice|scope|device";
const unitFileName = new RegExp(`^[A-Za-z0-9:_.\\\\@-]+\\.(${types})$`);
const dropInDirectory = new RegExp(`^(.*\\.)?(${types})\\.d$`);

/** A unit with all that makes it up, in the order in which systemd reads it. */
export type FoundUnit = {
  /** With its instance, if it is one: "bot@live.service". */
  name: string;
  type: string;
  fragment: UnitFile;
  /** Drop-ins of this unit alone: they become part of the spec. */
  own: readonly UnitFile[];
  /** Drop-ins that other units have, too, such as those of service.d: they stay where they are, and go on counting. */
  shared: readonly UnitFile[];
};

/** Is it a file that systemd would read as a unit, or as a drop-in of one? By its path only. */
export function isUnitPath(path: string): boolean {
  return unitFileName.test(basename(path)) || isDropIn(path);
}

function isDropIn(path: string): boolean {
  return path.endsWith(".conf") && dropInDirectory.test(basename(dirname(path)));
}

/**
 * Puts drop-ins to their units. `names` tells the unit of a fragment whose file has another name, such as an instance of a
 * template. Drop-ins without their unit are given back by themselves.
 */
export function groupUnits(
  files: readonly ForeignFile[],
  names: ReadonlyMap<string, string> = new Map(),
): { units: FoundUnit[]; lone: ForeignFile[] } {
  const dropIns = files.filter(({ path }) => isDropIn(path));
  const used = new Set<ForeignFile>();
  const fragments = files.filter(({ path }) => !isDropIn(path) && unitFileName.test(basename(path)));
  const units = fragments.map(({ path, text }): FoundUnit => {
    const name = names.get(path) ?? basename(path);
    const directories = dropInDirectories(name);
    const ofUnit = dropIns
      .filter((one) => directories.includes(basename(dirname(one.path))))
      .toSorted((a, b) => compare(basename(a.path), basename(b.path)));
    ofUnit.forEach((one) => used.add(one));
    const isOwn = (one: ForeignFile): boolean => basename(dirname(one.path)) === `${name}.d`;
    const parsed = (list: readonly ForeignFile[]) => list.map((one) => parseUnit(one.path, one.text));
    return {
      name,
      type: name.slice(name.lastIndexOf(".") + 1),
      fragment: parseUnit(path, text),
      own: parsed(ofUnit.filter(isOwn)),
      shared: parsed(ofUnit.filter((one) => !isOwn(one))),
    };
  });
  return { units, lone: dropIns.filter((one) => !used.has(one)) };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
