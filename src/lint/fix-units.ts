import { editUnit, type Edit } from "../unit/edit-unit.ts";
import type { UnitFile } from "../unit/unit-file.ts";
import type { Found } from "./lint.ts";

/** A file with its mistakes mended, and how many of them. */
export type FixedFile = { before: UnitFile; after: UnitFile; count: number };

/** Makes the edits of findings that have safe ones. Where two overlap, the first is made; the other is found again in the next round. */
export function fixUnits(found: readonly Found[]): FixedFile[] {
  const byFile = new Map<UnitFile, { edits: Edit[]; count: number }>();
  for (const { file, edits } of found) {
    if (!edits || edits.length === 0) continue;
    const own = byFile.get(file) ?? { edits: [], count: 0 };
    byFile.set(file, own);
    // A finding is mended as a whole or not at all.
    if (edits.some((edit) => own.edits.some((other) => edit.start < other.end && other.start < edit.end)))
      continue;
    own.edits.push(...edits);
    own.count += 1;
  }
  return [...byFile].flatMap(([before, { edits, count }]) => {
    const after = editUnit(before, edits);
    return after.text === before.text ? [] : [{ before, after, count }];
  });
}
