import type { Artifact } from "../compile/artifact.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import type { Desired } from "./desired.ts";
import { diffDirectives } from "./effect.ts";
import { keptPath, type Adopted, type ForeignUnit } from "./foreign-unit.ts";
import type { HostState } from "./host-state.ts";
import type { Step } from "./plan.ts";
import type { DirectiveChange } from "./directive-change.ts";

/** Which units may be taken over: all that stand in the way, or those of a generation that has had them already. */
export type Consent = "all" | ReadonlySet<string>;

/** Units whose files are taken over by this change, by name; a file that is neither a file nor a link is nobody's to take. */
export function findAdoptions(
  desired: Desired | null,
  state: HostState,
  consent: Consent,
): ReadonlyMap<string, ForeignUnit> {
  const found = new Map<string, ForeignUnit>();
  for (const { unit, path } of desired?.artifacts ?? []) {
    const foreign = unit === undefined ? undefined : state.foreign[unit];
    if (unit === undefined || foreign === undefined || foreign.path !== path) continue;
    const stands = state.files[path]?.content != null;
    if (stands && !foreign.files.some((file) => file.path === path)) continue;
    if (foreign.files.length === 0 && foreign.hides === null) continue;
    if (consent === "all" || consent.has(unit)) found.set(unit, foreign);
  }
  return found;
}

/** What is kept in mind of the units that an application has taken over: those of before that it still has, and the new ones. */
export function adoptedUnits(
  desired: Desired,
  previous: Desired | null,
  adoptions: ReadonlyMap<string, ForeignUnit>,
  state: HostState,
): Adopted[] {
  const has = new Map(
    desired.artifacts.flatMap((artifact) => (artifact.unit ? [[artifact.unit, artifact]] : [])),
  );
  const before = (previous?.adopted ?? []).filter(({ unit }) => has.has(unit) && !adoptions.has(unit));
  const fresh = [...adoptions.values()].map(({ unit, files, hides, changes }): Adopted => ({
    unit,
    files: files.map(({ path }) => path),
    hides,
    enabled: state.units[unit]?.enabled ?? "",
    changes,
    directives: has.get(unit)!.directives,
  }));
  return [...before, ...fresh];
}

/** Steps that take the files of a unit over: its own gives way to ours in one act, its drop-ins go aside after it. */
export function takeOverSteps(artifact: Artifact, { unit, files }: ForeignUnit): Step[] {
  return files.map(({ path, hash }): Step => {
    const ours = path === artifact.path;
    return {
      kind: "take-over",
      unit,
      path,
      kept: keptPath(path),
      hash,
      after: ours ? artifact.text : null,
      mode: ours ? artifact.mode : null,
    };
  });
}

/** What the way back puts in force otherwise than it is now; null when that cannot be told. */
export function changesOfGivingBack(adopted: Adopted, artifact: Artifact): readonly DirectiveChange[] | null {
  if (adopted.changes === null) return null;
  const since = diffDirectives(adopted.directives, artifact.directives);
  const own = new Map(since.map((change) => [`${change.section}.${change.key}`, change]));
  for (const change of adopted.changes) {
    const id = `${change.section}.${change.key}`;
    own.set(id, { ...change, after: own.get(id)?.after ?? change.after });
  }
  return [...own.values()].map(({ section, key, before, after }) => ({
    section,
    key,
    before: after,
    after: before,
  }));
}

/** A service that gets another unit while its old one comes back would run twice. */
export function checkRenamed(
  desired: Desired | null,
  previous: Desired | null,
  givenBack: readonly Adopted[],
): Diagnostic[] {
  return givenBack.flatMap(({ unit }): Diagnostic[] => {
    const name = previous?.services.find((service) => service.unit === unit)?.name;
    const now = name === undefined ? undefined : desired?.services.find((service) => service.name === name);
    if (now === undefined) return [];
    return [
      {
        severity: "error",
        code: "plan/would-run-twice",
        summary: `Cannot give service "${name}" the unit ${now.unit}: ${unit}, which was taken over, would come back and run beside it`,
        fix: `keep unit: ${unit}; or give it back first (holdfast remove), stop and delete it, and apply then`,
      },
    ];
  });
}

/** Originals that cannot be taken over or given back as they should be. */
export function checkAdoptions(
  adoptions: ReadonlyMap<string, ForeignUnit>,
  givenBack: readonly Adopted[],
  state: HostState,
): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const { files, kept } of adoptions.values())
    for (const { path } of files)
      if (kept.includes(path))
        found.push({
          severity: "error",
          code: "plan/original-kept",
          summary: `Cannot take over ${path}: an original of it is kept already, as ${keptPath(path)}`,
          detail: "somebody has put another file there since it was taken over",
          fix: `move the older one away if it is not needed: mv ${keptPath(path)} ${path}.older`,
        });
  for (const { unit, files } of givenBack) {
    const foreign = state.foreign[unit];
    for (const path of files)
      if (!foreign?.kept.includes(path))
        found.push({
          severity: "warning",
          code: "plan/original-missing",
          summary: `Cannot give back ${path}: ${keptPath(path)} is gone`,
          fix: "put it there from a backup before you go on, if it is needed",
        });
    for (const path of foreign?.kept ?? [])
      if (foreign!.dropIns.includes(path))
        found.push({
          severity: "error",
          code: "plan/original-kept",
          summary: `Cannot give back ${path}: somebody has put another file there since it was taken over`,
          fix: `move it away: mv ${path} ${path}.newer`,
        });
  }
  return found;
}
