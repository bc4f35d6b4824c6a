import { basename, join } from "node:path";
import { isOwnedBy, type Artifact } from "../compile/artifact.ts";
import type { Host } from "../host/host.ts";
import { parseUnit } from "../unit/parse-unit.ts";
import { Settings } from "../unit/settings.ts";
import { unitName, type UnitName } from "../value/unit-name.ts";
import type { Desired } from "./desired.ts";
import { effectiveChanges } from "./effective-changes.ts";
import { hashAt, keptPath, originalPath, type ForeignFile, type ForeignUnit } from "./foreign-unit.ts";
import type { FileState, UnitState } from "./host-state.ts";

/** No unit has this name, so systemd answers with what it gives to one that says nothing. */
const nobody = { service: unitName("holdfast-nobody.service"), timer: unitName("holdfast-nobody.timer") };

/** Reads what other hands have written of the units that an application has or had, by unit. */
export async function readForeign(
  host: Host,
  desired: Desired | null,
  previous: Desired | null,
  files: Readonly<Record<string, FileState>>,
  units: Readonly<Record<string, UnitState>>,
): Promise<Readonly<Record<string, ForeignUnit>>> {
  const { app } = (desired ?? previous)!;
  const artifacts = new Map<UnitName, Artifact>();
  for (const artifact of [...(previous?.artifacts ?? []), ...(desired?.artifacts ?? [])])
    if (artifact.unit && !artifact.unit.includes("@.") && !artifact.shared)
      artifacts.set(artifact.unit, artifact);
  const found = await Promise.all(
    [...artifacts].map(async ([unit, artifact]) => {
      const hidden = previous?.adopted?.find((adopted) => adopted.unit === unit)?.hides ?? null;
      const behind = hidden === null || (await host.files.stat(hidden)) === null ? null : hidden;
      const one = await readUnit(host, app, artifact, unit, behind, files[artifact.path], units[unit]);
      return one === null ? [] : [[unit, one] as const];
    }),
  );
  return Object.fromEntries(found.flat());
}

async function readUnit(
  host: Host,
  app: string,
  artifact: Artifact,
  unit: UnitName,
  behind: string | null,
  standing: FileState | undefined,
  state: UnitState | undefined,
): Promise<ForeignUnit | null> {
  const { path } = artifact;
  const directory = `${path}.d`;
  const names = await host.files.list(directory);
  const kept = [
    ...((await host.files.stat(keptPath(path))) === null ? [] : [path]),
    ...names.flatMap((name) => originalPath(directory, name) ?? []),
  ];
  const content = standing?.content ?? null;
  const isOurs = content !== null && isOwnedBy(app, content);
  const fragment = state?.fragment ?? "";
  const hides = content === null && fragment !== "" && fragment !== path ? fragment : null;
  const dropIns = names.filter((name) => name.endsWith(".conf")).map((name) => join(directory, name));
  const paths = isOurs ? [] : [...(content === null ? [] : [path]), ...dropIns];
  if (paths.length === 0 && hides === null && behind === null && kept.length === 0) return null;
  const adoptable = isOurs ? [] : await readFiles(host, paths, unit);
  const readable = adoptable.length === paths.length;
  const changes =
    isOurs || !readable || (paths.length === 0 && hides === null)
      ? null
      : await readChanges(host, artifact, unit, hides === null ? paths : [hides, ...paths], state);
  return { unit, path, files: adoptable, hides, behind, dropIns, kept, changes };
}

/** Another name of another unit is no file of this one; and a directory or a device is nobody's unit. */
async function readFiles(host: Host, paths: readonly string[], unit: UnitName): Promise<ForeignFile[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const hash = await hashAt(host.files, path);
      const target = await host.files.realPath(path);
      const isAlias = path.endsWith(`/${unit}`) && target !== null && basename(target) !== unit;
      return hash === null || isAlias ? [] : [{ path, hash }];
    }),
  );
  return found.flat();
}

async function readChanges(
  host: Host,
  { directives }: Artifact,
  unit: UnitName,
  paths: readonly string[],
  state: UnitState | undefined,
): Promise<ForeignUnit["changes"]> {
  const texts = await Promise.all(paths.map((path) => host.files.read(path)));
  if (texts.includes(null)) return null;
  const settings = new Settings(paths.map((path, index) => parseUnit(path, texts[index]!)));
  // What systemd has is not what stands there when it has not read the files since.
  if (!state || state.needsReload) return effectiveChanges(settings, directives, null);
  const [inForce, defaults] = await Promise.all([
    host.systemd.allProperties(unit),
    host.systemd.allProperties(unit.endsWith(".timer") ? nobody.timer : nobody.service),
  ]);
  return effectiveChanges(settings, directives, { inForce, defaults });
}
