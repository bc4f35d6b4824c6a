import { createHash } from "node:crypto";
import { lstat, readFile, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { PropertyValue } from "../../src/host/host.ts";
import { DbusSystemd } from "../../src/host/dbus-systemd.ts";
import type { NamespaceHost } from "../../src/host/throwaway/throwaway.ts";
import { unitName } from "../../src/value/unit-name.ts";

/** Everything that a change may touch, as lines that are equal exactly when the host is. */
export type Snapshot = {
  /** By path: kind, mode, owner, a hash of the content, and the time of its last change where it outlives a restart. */
  files: Record<string, string>;
  /** Loaded units of the application and of Holdfast, with every property that has a meaning. */
  units: Record<string, Record<string, unknown>>;
  /** Of running services: the process, to tell a service that was left alone from one that was restarted. */
  runs: Record<string, number>;
};

/** Whole directories, so that what nobody thought of is seen too. */
const watched = [
  "/etc/systemd",
  "/etc/sysusers.d",
  "/etc/tmpfiles.d",
  "/etc/credstore.encrypted",
  "/run/systemd/system",
  "/run/credentials",
];
const accounts = ["/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"];

export async function takeSnapshot(
  host: NamespaceHost,
  app: string,
  directories: readonly string[],
): Promise<Snapshot> {
  const files: Record<string, string> = {};
  for (const path of [...watched, ...directories]) await describeTree(host.root, path, files);
  for (const path of accounts) files[path] = hashOf(await readFile(host.root + path));
  for (const name of await readdir(`${host.root}/run`))
    if (/holdfast/.test(name)) files[`/run/${name}`] = "there";
  return { files, ...(await describeUnits(host, app)) };
}

async function describeTree(root: string, path: string, into: Record<string, string>): Promise<void> {
  const found = await lstat(root + path).catch(() => null);
  if (!found) return;
  const kind = found.isDirectory() ? "directory" : found.isSymbolicLink() ? "link" : "file";
  const detail = found.isSymbolicLink()
    ? await readlink(root + path)
    : found.isFile()
      ? `${hashOf(await readFile(root + path))} ${path.startsWith("/run/") ? "" : found.mtimeMs}`
      : "";
  into[path] = `${kind} ${(found.mode & 0o7777).toString(8)} ${found.uid}:${found.gid} ${detail}`;
  if (found.isDirectory())
    for (const name of await readdir(root + path)) await describeTree(root, join(path, name), into);
}

function hashOf(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}

async function describeUnits(host: NamespaceHost, app: string): Promise<Pick<Snapshot, "units" | "runs">> {
  const systemd = new DbusSystemd("system", () => ({ socket: `${host.root}/run/dbus/system_bus_socket` }));
  try {
    const listed = await systemd.listUnits([`${app}*`, "holdfast*"]);
    // What OnFailure= names is loaded or not as systemd likes, and never runs.
    const names = listed.map(({ name }) => name).filter((name) => !name.includes("give-up@"));
    const units: Snapshot["units"] = {};
    const runs: Snapshot["runs"] = {};
    for (const name of names.toSorted()) {
      const all = await systemd.allProperties(unitName(name));
      units[name] = Object.fromEntries(
        Object.entries(all).flatMap(([key, value]) =>
          passing.test(key) ? [] : [[key, settled(key, value)]],
        ),
      );
      const pid = Number(all["MainPID"] ?? 0);
      if (pid !== 0) runs[name] = pid;
    }
    return { units, runs };
  } finally {
    await systemd.close();
  }
}

/** Properties that tell of one run, one load or one moment rather than of what is in force. */
const passing =
  /Timestamp|PID|^InvocationID$|^Job$|USec$.*(Next|Last)|^(CPUUsageNSec|MemoryCurrent|MemoryAvailable|TasksCurrent|IPIngress.*|IPEgress.*|IO(Read|Write).*|ControlGroupId|NRestarts|FileDescriptorStore.*|UID|GID|Refs|ExecMainCode|ExecMainStatus|StatusErrno|Result|ConditionResult|AssertResult|Conditions|Asserts|TimeoutCleanUSec)$/;

/** Relations have no order of their own. */
const isSet =
  /^(Names|Before|After|Requires|Requisite|Wants|BindsTo|PartOf|Upholds|RequiredBy|WantedBy|ConsistsOf|Conflicts|ConflictedBy|On(Failure|Success)|.*Of|.*By|.*From|.*To|RequiresMountsFor)$/;

/** Exec* carries the time and process of its last run behind the command. */
function settled(key: string, value: PropertyValue): unknown {
  const plain = JSON.parse(
    JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? String(v) : v)),
  ) as unknown;
  if (isSet.test(key) && Array.isArray(plain)) return (plain as unknown[]).map(String).toSorted();
  if (/^Exec[A-Z]/.test(key) && Array.isArray(plain))
    return plain.map((command: unknown[]) => command.slice(0, 3));
  return plain;
}
