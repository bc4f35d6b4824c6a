import type { Artifact } from "../compile/artifact.ts";
import type { Host } from "../host/host.ts";
import { invocationOf, listOf, textOf } from "../host/properties.ts";
import { unitName, type UnitName } from "../value/unit-name.ts";
import { holdersOfSecrets, type Desired, type DesiredSecret } from "./desired.ts";
import type { CredentialState, FileState, HostState, UnitState } from "./host-state.ts";
import { missingDirectories } from "./missing-directories.ts";
import { readForeign } from "./read-foreign.ts";
import { readStamps } from "./timer-stamp.ts";
import { readOutdated } from "./outdated.ts";

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
  const [files, states, credentials, outdated, directories, stamps, accountExists, missingGroups] =
    await Promise.all([
      Promise.all(paths.map(async (path) => [path, await readFileState(host, path)] as const)),
      readUnitStates(host, units),
      readCredentials(host, desired, previous),
      readOutdated(host, desired),
      readDirectories(host, desired),
      readStamps(host, desired),
      readAccountExists(host, desired?.user ?? null),
      readMissingGroups(host, desired),
    ]);
  const byPath = Object.fromEntries(files);
  const byUnit = Object.fromEntries(states);
  return {
    files: byPath,
    units: byUnit,
    foreign: await readForeign(host, desired, previous, byPath, byUnit),
    ...directories,
    credentials,
    outdated,
    stamps,
    accountExists,
    missingGroups,
  };
}

async function readDirectories(
  host: Host,
  desired: Desired | null,
): Promise<Pick<HostState, "directories" | "missingParents">> {
  const services = desired?.services ?? [];
  const written = new Set(services.flatMap((service) => service.writes));
  const paths = [...new Set([...written, ...services.flatMap((service) => service.ownDirectories)])];
  const found = await Promise.all(
    paths.map(async (path) => {
      const stat = await host.files.stat(path);
      return {
        path,
        state: stat && { mode: stat.mode, uid: stat.uid, gid: stat.gid },
        parents: stat === null && written.has(path) ? await missingDirectories(host, path) : [],
      };
    }),
  );
  const parents = [...new Set(found.flatMap((directory) => directory.parents))];
  return {
    directories: Object.fromEntries(found.map(({ path, state }) => [path, state])),
    missingParents: parents.filter((path) => !paths.includes(path)),
  };
}

async function readAccountExists(host: Host, user: string | null): Promise<boolean> {
  return user !== null && (await host.run(["/usr/bin/getent", "passwd", user])).status === 0;
}

/** systemd-sysusers gives every account a group of its own name. */
async function readMissingGroups(host: Host, desired: Desired | null): Promise<string[]> {
  const names = [desired?.user, desired?.group].filter((name) => name != null);
  const found = await Promise.all(
    [...new Set(names)].map(async (name) =>
      (await host.run(["/usr/bin/getent", "group", name])).status === 0 ? [] : [name],
    ),
  );
  return found.flat();
}

/** Compares each encrypted copy with its source in memory; neither value leaves this function. */
async function readCredentials(
  host: Host,
  desired: Desired | null,
  previous: Desired | null,
): Promise<HostState["credentials"]> {
  const wanted = new Map<string, DesiredSecret | null>();
  for (const { encrypted } of secretsOf(previous)) if (encrypted !== null) wanted.set(encrypted, null);
  for (const secret of secretsOf(desired))
    if (secret.encrypted !== null) wanted.set(secret.encrypted, secret);
  const states = await Promise.all(
    [...wanted].map(async ([path, secret]) => [path, await readCredential(host, path, secret)] as const),
  );
  return Object.fromEntries(states);
}

function secretsOf(desired: Desired | null): DesiredSecret[] {
  return holdersOfSecrets(desired).flatMap(({ secrets }) => secrets);
}

/** `secret` is null for a copy that is no longer wanted. */
async function readCredential(
  host: Host,
  path: string,
  secret: DesiredSecret | null,
): Promise<CredentialState> {
  if ((await host.files.stat(path)) === null)
    return { state: "missing", missingDirectories: await missingDirectories(host, path) };
  const plain = secret && (await host.files.read(secret.source));
  // A source that was deleted after encryption, as it should be, leaves the copy as the truth.
  if (secret === null || plain === null) return { state: "current", missingDirectories: [] };
  const decrypted = await host.run(["/usr/bin/systemd-creds", `--name=${secret.id}`, "decrypt", path, "-"]);
  const same = decrypted.status === 0 && decrypted.stdout === plain;
  return { state: same ? "current" : "stale", missingDirectories: [] };
}

/** A template such as polybot-give-up@.service has no state of its own. */
function isInstance(unit: UnitName): boolean {
  return !unit.includes("@.");
}

/** A link, a directory or a device is never ours: it counts as a file of somebody else. */
async function readFileState(host: Host, path: string): Promise<FileState> {
  const stat = await host.files.stat(path);
  if (stat === null)
    return { content: null, mode: null, missingDirectories: await missingDirectories(host, path) };
  const content = stat.kind === "file" ? await host.files.read(path) : "";
  return { content, mode: stat.mode, missingDirectories: [] };
}

/** One question for all, then one more for each that exists: most units of a first apply do not. */
async function readUnitStates(
  host: Host,
  units: readonly UnitName[],
): Promise<(readonly [UnitName, UnitState])[]> {
  if (units.length === 0) return [];
  const summaries = await host.systemd.unitStates(units);
  // A unit whose file somebody removed may well run on.
  const absent = new Set(
    summaries
      .filter(({ load, active }) => load === "not-found" && active === "inactive")
      .map(({ name }) => name),
  );
  return Promise.all(
    units.map(
      async (unit) => [unit, absent.has(unit) ? absentUnit(unit) : await readUnitState(host, unit)] as const,
    ),
  );
}

function absentUnit(unit: UnitName): UnitState {
  return {
    unit,
    active: "inactive",
    enabled: "",
    dropIns: [],
    fragment: "",
    needsReload: false,
    invocation: "",
  };
}

async function readUnitState(host: Host, name: string): Promise<UnitState> {
  const unit = unitName(name);
  const found = await host.systemd.properties(unit, [
    "ActiveState",
    "FragmentPath",
    "DropInPaths",
    "UnitFileState",
    "NeedDaemonReload",
    "InvocationID",
  ]);
  return {
    unit,
    active: textOf(found, "ActiveState"),
    enabled: textOf(found, "UnitFileState"),
    dropIns: listOf(found, "DropInPaths"),
    fragment: textOf(found, "FragmentPath"),
    needsReload: found["NeedDaemonReload"] === true,
    invocation: invocationOf(found),
  };
}
