import type { Artifact } from "../compile/artifact.ts";
import type { Host } from "../host/host.ts";
import { listOf, textOf } from "../host/properties.ts";
import { unitName, type UnitName } from "../value/unit-name.ts";
import type { Desired } from "./desired.ts";

/** What stands on the host where the plan's files go; null content means there is nothing. */
export type FileState = { content: string | null; mode: number | null };

export type UnitState = {
  unit: UnitName;
  active: string;
  enabled: string;
  /** Files outside the unit itself that change it, such as override.conf. */
  dropIns: readonly string[];
  /** The unit file that systemd uses; "" when it knows none. */
  fragment: string;
};

/** Everything a plan is based on. Two equal states give equal plans; a plan is refused when its state no longer holds. */
export type HostState = {
  files: Readonly<Record<string, FileState>>;
  units: Readonly<Record<string, UnitState>>;
  /** Directories that services write to and that do not exist. */
  missingDirectories: readonly string[];
  /** Encrypted copies of secrets by path: "stale" when the source has another value. */
  credentials: Readonly<Record<string, "missing" | "stale" | "current">>;
  accountExists: boolean;
};

export function isRunning(active: string | undefined): boolean {
  return active === "active" || active === "activating" || active === "reloading";
}

/** Reads the state behind the files of a new and an earlier generation. */
export async function readHostState(
  host: Host,
  desired: Desired | null,
  previous: Desired | null,
): Promise<HostState> {
  const artifacts: readonly Artifact[] = [...(previous?.artifacts ?? []), ...(desired?.artifacts ?? [])];
  const paths = [...new Set(artifacts.map((artifact) => artifact.path))];
  const units = [
    ...new Set(
      artifacts.flatMap((artifact) => (artifact.unit && isInstance(artifact.unit) ? [artifact.unit] : [])),
    ),
  ];
  const [files, states, credentials, missingDirectories, accountExists] = await Promise.all([
    Promise.all(paths.map(async (path) => [path, await readFileState(host, path)] as const)),
    readUnitStates(host, units),
    readCredentials(host, desired),
    readMissingDirectories(host, desired),
    readAccountExists(host, desired?.user ?? null),
  ]);
  return {
    files: Object.fromEntries(files),
    units: Object.fromEntries(states),
    missingDirectories,
    credentials,
    accountExists,
  };
}

async function readMissingDirectories(host: Host, desired: Desired | null): Promise<string[]> {
  const paths = [...new Set((desired?.services ?? []).flatMap((service) => service.writes))];
  const stats = await Promise.all(paths.map((path) => host.files.stat(path)));
  return paths.filter((_, index) => stats[index] === null);
}

async function readAccountExists(host: Host, user: string | null): Promise<boolean> {
  return user !== null && (await host.run(["/usr/bin/getent", "passwd", user])).status === 0;
}

/** Compares each encrypted copy with its source in memory; neither value leaves this function. */
async function readCredentials(host: Host, desired: Desired | null): Promise<HostState["credentials"]> {
  const secrets = (desired?.services ?? []).flatMap((service) => service.secrets);
  const states = await Promise.all(
    secrets.map(async ({ id, source, encrypted }) => {
      if (encrypted === null) return [];
      if ((await host.files.stat(encrypted)) === null) return [[encrypted, "missing"]];
      const plain = await host.files.read(source);
      // A source that was deleted after encryption, as it should be, leaves the copy as the truth.
      if (plain === null) return [[encrypted, "current"]];
      const decrypted = await host.run(["/usr/bin/systemd-creds", `--name=${id}`, "decrypt", encrypted, "-"]);
      return [[encrypted, decrypted.status === 0 && decrypted.stdout === plain ? "current" : "stale"]];
    }),
  );
  return Object.fromEntries(states.flat()) as HostState["credentials"];
}

/** A template such as polybot-give-up@.service has no state of its own. */
function isInstance(unit: UnitName): boolean {
  return !unit.includes("@.");
}

async function readFileState(host: Host, path: string): Promise<FileState> {
  const [content, stat] = await Promise.all([host.files.read(path), host.files.stat(path)]);
  return { content, mode: stat?.mode ?? null };
}

/** One question for all, then one more for each that exists: most units of a first apply do not. */
async function readUnitStates(
  host: Host,
  units: readonly UnitName[],
): Promise<(readonly [UnitName, UnitState])[]> {
  if (units.length === 0) return [];
  const loads = new Map((await host.systemd.unitStates(units)).map(({ name, load }) => [name, load]));
  return Promise.all(
    units.map(async (unit) => {
      const missing: UnitState = { unit, active: "inactive", enabled: "", dropIns: [], fragment: "" };
      return [unit, loads.get(unit) === "not-found" ? missing : await readUnitState(host, unit)] as const;
    }),
  );
}

async function readUnitState(host: Host, name: string): Promise<UnitState> {
  const unit = unitName(name);
  const found = await host.systemd.properties(unit, [
    "ActiveState",
    "FragmentPath",
    "DropInPaths",
    "UnitFileState",
  ]);
  return {
    unit,
    active: textOf(found, "ActiveState"),
    enabled: textOf(found, "UnitFileState"),
    dropIns: listOf(found, "DropInPaths"),
    fragment: textOf(found, "FragmentPath"),
  };
}
