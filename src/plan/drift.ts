import { isOwnedBy } from "../compile/artifact.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import type { Desired } from "./desired.ts";
import type { ForeignUnit } from "./foreign-unit.ts";
import type { HostState } from "./host-state.ts";

/** Files that are not ours stop the plan; files of ours that somebody changed are put right, aloud. */
export function checkFiles(
  app: string,
  desired: Desired | null,
  previous: Desired | null,
  state: Pick<HostState, "files"> & Partial<Pick<HostState, "foreign">>,
  adoptions: ReadonlyMap<string, ForeignUnit> = new Map(),
): Diagnostic[] {
  const found: Diagnostic[] = [];
  // A shared file is as the application left it that was applied last.
  const own = (previous?.artifacts ?? []).filter(({ shared }) => !shared);
  const before = new Map(own.map((artifact) => [artifact.path, artifact.text]));
  const takenOver = new Set([...adoptions.values()].flatMap(({ files }) => files.map(({ path }) => path)));
  const mayTake = new Set(
    Object.values(state.foreign ?? {}).flatMap(({ files }) => files.map(({ path }) => path)),
  );
  const after = new Set((desired?.artifacts ?? []).map((artifact) => artifact.path));
  for (const [path, { content }] of Object.entries(state.files)) {
    const was = before.get(path);
    if (takenOver.has(path)) continue;
    if (content !== null && !isOwnedBy(app, content)) {
      found.push({
        severity: "error",
        code: "plan/foreign-file",
        summary: `Cannot ${after.has(path) ? "write" : "remove"} ${path}: Holdfast did not write what is there`,
        at: { file: path, line: 1, column: 1, length: 1 },
        detail: "its first line does not say that it belongs to this application",
        fix: `${mayTake.has(path) ? "take it over, which remove takes back: holdfast plan --adopt; or " : ""}move it away if it is not needed: mv ${path} ${path}.before-holdfast`,
      });
    } else if (was !== undefined && content === null) {
      found.push({
        severity: "warning",
        code: "plan/file-missing",
        summary: `${path} is missing: somebody removed it since the last apply`,
        fix: "it is written again",
      });
    } else if (was !== undefined && content !== was) {
      const line = firstDifference(was, content!);
      found.push({
        severity: "warning",
        code: "plan/changed-by-hand",
        summary: `${path} was changed by hand since the last apply`,
        at: { file: path, line: line.number, column: 1, length: Math.max(1, line.is.length) },
        detail:
          line.was === ""
            ? `added: ${line.is}`
            : line.is === ""
              ? `removed: ${line.was}`
              : `${line.was} -> ${line.is}`,
        fix: "to keep the change, write it into holdfast.yaml; it is put back otherwise",
      });
    }
  }
  return found;
}

function firstDifference(was: string, is: string): { number: number; was: string; is: string } {
  const [before, now] = [was.split("\n"), is.split("\n")];
  const index = now.findIndex((line, i) => line !== before[i]);
  const at = index === -1 ? now.length : index;
  const [old, fresh] = [before[at] ?? "", now[at] ?? ""];
  if (before.includes(fresh) && !now.includes(old)) return { number: at + 1, was: old, is: "" };
  if (now.includes(old) && !before.includes(fresh)) return { number: at + 1, was: "", is: fresh };
  return { number: at + 1, was: old, is: fresh };
}

/** Names that other packages have taken, and drop-ins that change what was written. */
export function checkUnits(
  desired: Desired | null,
  state: HostState,
  adoptions: ReadonlyMap<string, ForeignUnit> = new Map(),
): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const artifact of desired?.artifacts ?? []) {
    const unit = artifact.unit === undefined ? undefined : state.units[artifact.unit];
    if (!unit) continue;
    const adoption = adoptions.get(unit.unit);
    if (unit.enabled.startsWith("masked")) {
      found.push({
        severity: "error",
        code: "plan/masked",
        summary: `Cannot use ${unit.unit}: it is masked`,
        fix: `systemctl unmask ${unit.unit}`,
      });
    } else if (
      unit.fragment !== "" &&
      unit.fragment !== artifact.path &&
      adoption === undefined &&
      state.files[artifact.path]?.content === null
    ) {
      found.push({
        severity: "error",
        code: "plan/name-taken",
        summary: `Cannot use the unit name ${unit.unit}: ${unit.fragment} has it`,
        detail: "a file of ours would hide that unit",
        fix: "give the application or the service another name; or take it over: holdfast plan --adopt",
      });
    }
    for (const dropIn of unit.dropIns) {
      if (adoption?.files.some(({ path }) => path === dropIn)) continue;
      found.push({
        severity: "warning",
        code: "plan/drop-in",
        summary: `${unit.unit} is changed from outside by ${dropIn}`,
        detail: "apply stops if it changes a value that the spec sets",
        fix: `write the value into holdfast.yaml and remove ${dropIn}`,
      });
    }
  }
  return found;
}
