import { logNamespace } from "../../compile/names.ts";
import type { Host } from "../../host/host.ts";
import type { Desired } from "../../plan/desired.ts";
import { describeSize, parseSize } from "../../value/size.ts";
import { messageId } from "../message-ids.ts";

/** The application's own journal, as it is on the disk and as journald sees it. */
export type LogStore = {
  namespace: string;
  /** Taken on the disk. */
  bytes: number;
  files: number;
  /** SystemMaxUse= as applied. */
  cap: number | null;
  /** What journald allows now: less than the cap where the disk is short of space (journald.conf(5), SystemKeepFree=). */
  effective: { cap: number; keepFree: number; diskFree: number } | null;
  /** What journald itself said when it last opened this journal: the most by its settings, and what it allows of that. Gone with its oldest files. */
  reported: { most: number; cap: number; keepFree: number; at: string } | null;
  /** ISO time of the oldest entry. */
  oldest: string | null;
  /** Lines that journald threw away because they came too fast, as far back as the journal goes. */
  dropped: number;
};

/** Reads the store of an application; null in user scope, where lines are in the journal of the user. */
export async function readLogStore(host: Host, desired: Desired): Promise<LogStore | null> {
  // Where all services kept their place in the host's own journal, there is none either.
  if (host.scope === "user" || !desired.artifacts.some(({ kind }) => kind === "journald")) return null;
  const namespace = logNamespace(desired.app);
  const [size, reported, oldest, dropped] = await Promise.all([
    readLogSize(host, desired.app),
    readReported(host, namespace),
    readOldest(host, namespace),
    readDropped(host, namespace),
  ]);
  const cap = capOf(desired);
  const effective = await readEffective(host, desired, size.bytes, reported?.keepFree);
  return { namespace, bytes: size.bytes, files: size.files, cap, effective, reported, oldest, dropped };
}

/** Where the disk leaves less than the cap, a sentence about it. */
export function describeShortage({ cap, effective }: LogStore): string | null {
  if (cap === null || effective === null || effective.cap >= cap) return null;
  const sizes = [effective.cap, cap, effective.diskFree, effective.keepFree].map(describeSize);
  const [allowed, meant, free, keepFree] = sizes;
  return `journald allows ${allowed}, less than the ${meant} of the spec: the disk has ${free} left, and ${keepFree} must stay free`;
}

/** `newest`: what the files that are being written take of it. */
export type LogSize = { bytes: number; files: number; newest: number };

/** Only what the journal of an application takes on the disk; cheap enough for every status. */
export async function readLogSize(host: Host, app: string): Promise<LogSize> {
  const roots = await directoriesOf(host, app);
  // Blocks, as journald counts: a file may have holes. A directory that is not there is only said on stderr.
  const found = await host.run(["find", ...roots, "-name", "*.journal*", "-type", "f", "-printf", "%b %f\n"]);
  const files = found.stdout.split("\n").flatMap((line) => {
    const [blocks, name = ""] = line.split(" ");
    // A file that is closed has its time in its name, after an @.
    return name === "" ? [] : [{ bytes: Number(blocks) * 512, open: !name.includes("@") }];
  });
  const sum = (some: typeof files): number => some.reduce((total, { bytes }) => total + bytes, 0);
  return { bytes: sum(files), files: files.length, newest: sum(files.filter(({ open }) => open)) };
}

/** The cap that was applied. */
export function capOf(desired: Desired): number | null {
  return settingOf(desired, "SystemMaxUse");
}

function settingOf(desired: Desired, name: string): number | null {
  const settings = desired.artifacts.find((artifact) => artifact.kind === "journald")?.directives;
  const size = parseSize(settings?.find(({ key }) => key === name)?.value ?? "");
  return size.ok ? size.value : null;
}

/** The persistent one, and the one from before the disk was there. */
async function directoriesOf(host: Host, app: string): Promise<[string, string]> {
  const machine = ((await host.files.read("/etc/machine-id")) ?? "").trim();
  const name = `${machine}.${logNamespace(app)}`;
  return [`/var/log/journal/${name}`, `/run/log/journal/${name}`];
}

/** Journald's own rule (cache_space_refresh() in journald-server.c): what it has, and what is free beyond what has to stay free. */
async function readEffective(
  host: Host,
  desired: Desired,
  bytes: number,
  reportedKeepFree: number | undefined,
): Promise<LogStore["effective"]> {
  const cap = capOf(desired);
  const [directory] = await directoriesOf(host, desired.app);
  const found = await host.run(["stat", "--file-system", "--format=%S %b %f", directory]);
  if (found.status !== 0 || cap === null) return null;
  const [block = 0, blocks = 0, free = 0] = found.stdout.trim().split(" ").map(Number);
  const byDefault = Math.min(0.15 * blocks * block, 4 * 1024 ** 3);
  const keepFree = settingOf(desired, "SystemKeepFree") ?? reportedKeepFree ?? byDefault;
  const diskFree = free * block;
  return { cap: Math.min(cap, bytes + Math.max(0, diskFree - keepFree)), keepFree, diskFree };
}

async function readReported(host: Host, namespace: string): Promise<LogStore["reported"]> {
  const names = ["MAX_USE", "LIMIT", "DISK_KEEP_FREE"];
  const [last] = await readOwnMessages(host, namespace, messageId.journalUsage, names, ["--lines=1"]);
  if (last?.["LIMIT"] === undefined) return null;
  const [most = 0, cap = 0, keepFree = 0] = names.map((name) => Number(last[name]));
  const at = new Date(Number(last["__REALTIME_TIMESTAMP"]) / 1000).toISOString();
  return { most, cap, keepFree, at };
}

async function readDropped(host: Host, namespace: string): Promise<number> {
  const found = await readOwnMessages(host, namespace, messageId.journalDropped, ["N_DROPPED"], []);
  return found.reduce((sum, entry) => sum + Number(entry["N_DROPPED"] ?? 0), 0);
}

/** What journald itself wrote into the journal; a program cannot set the transport. */
async function readOwnMessages(
  host: Host,
  namespace: string,
  id: string,
  fields: readonly string[],
  options: readonly string[],
): Promise<Readonly<Record<string, string>>[]> {
  const { stdout } = await host.run([
    "journalctl",
    `--namespace=${namespace}`,
    "--quiet",
    "--output=json",
    `--output-fields=${fields.join(",")}`,
    ...options,
    "_TRANSPORT=driver",
    `MESSAGE_ID=${id}`,
  ]);
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as Record<string, string>);
}

/** Every journal file has the time of its first entry in its header. */
async function readOldest(host: Host, namespace: string): Promise<string | null> {
  const { stdout } = await host.run(["journalctl", `--namespace=${namespace}`, "--quiet", "--header"]);
  const heads = [...stdout.matchAll(/^Head realtime timestamp: .*\(([0-9a-f]+)\)$/gm)];
  const times = heads.map(([, digits]) => Number.parseInt(digits!, 16) / 1000).filter((time) => time > 0);
  return times.length === 0 ? null : new Date(Math.min(...times)).toISOString();
}
