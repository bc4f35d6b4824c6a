import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HoldfastError } from "../../report/diagnostic.ts";

/** All that a throwaway host leaves on disk outside its own namespaces is one directory below this one. */
export const placesDirectory = "/run/holdfast-throwaway";

/** `id` is NAME-NAMESPACE-PID-STARTTIME of the owner, so that a directory alone tells whether its owner still lives. */
export type Place = { readonly id: string; readonly name: string; readonly directory: string };

/** Takes a name and a directory for a new host. Nothing has to be written first for a sweep to judge it. */
export function claimPlace(name: string | undefined): Place {
  const chosen = name ?? `host-${randomBytes(3).toString("hex")}`;
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(chosen)) {
    throw new HoldfastError({
      severity: "error",
      code: "throwaway/bad-name",
      summary: `Cannot boot a throwaway host named ${JSON.stringify(chosen)}: it is also its host name`,
      detail: "expected lower-case letters, digits and hyphens, at most 40",
    });
  }
  const id = `${chosen}-${pidNamespace()}-${process.pid}-${startTime(process.pid) ?? 0}`;
  const directory = join(placesDirectory, id);
  mkdirSync(placesDirectory, { recursive: true, mode: 0o700 });
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new HoldfastError({
      severity: "error",
      code: "throwaway/name-taken",
      summary: `Cannot boot a throwaway host named "${chosen}": this process already has one`,
    });
  }
  mkdirSync(join(directory, "base"));
  return { id, name: chosen, directory };
}

/** Places whose owner is gone: no process with that id, or another one that started later. Other namespaces are not ours to judge. */
export function abandonedPlaces(): Place[] {
  const here = pidNamespace();
  return listPlaces().flatMap((id) => {
    const [, name, namespace, pid, started] = /^(.+)-(\d+)-(\d+)-(\d+)$/.exec(id) ?? [];
    if (name === undefined || Number(namespace) !== here) return [];
    return startTime(Number(pid)) === Number(started)
      ? []
      : [{ id, name, directory: join(placesDirectory, id) }];
  });
}

/** The control groups of a place are written down before they are made. */
export function recordCgroups(place: Place, cgroups: readonly string[]): void {
  writeFileSync(join(place.directory, "cgroups"), cgroups.map((path) => `${path}\n`).join(""));
}

export function recordedCgroups(place: Place): string[] {
  return (readOr(join(place.directory, "cgroups")) ?? "").split("\n").filter((line) => line !== "");
}

export function removePlace(place: Place): void {
  rmSync(place.directory, { recursive: true, force: true });
}

export function consolePath(place: Place): string {
  return join(place.directory, "console.log");
}

/** The end of what the boot said before there was a journal; the first thing to read when a boot fails. */
export function consoleTail(place: Place, lines = 30): string {
  return (readOr(consolePath(place)) ?? "").trimEnd().split(/\r*\n/).slice(-lines).join("\n");
}

function listPlaces(): string[] {
  try {
    return readdirSync(placesDirectory);
  } catch {
    return [];
  }
}

/** Field 22 of /proc/PID/stat: with the id it names one process for as long as the machine is up. See proc(5). */
function startTime(pid: number): number | null {
  const stat = readOr(`/proc/${pid}/stat`);
  return stat === null ? null : Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
}

/** Process ids mean something only within the namespace they were given in. */
function pidNamespace(): number {
  return Number(readlinkSync("/proc/self/ns/pid").replace(/\D/g, ""));
}

function readOr(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
