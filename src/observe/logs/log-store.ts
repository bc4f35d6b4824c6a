import { logNamespace } from "../../compile/names.ts";
import type { Host } from "../../host/host.ts";
import type { Desired } from "../../plan/desired.ts";
import { parseSize } from "../../value/size.ts";
import { messageId } from "../message-ids.ts";

/** The application's own journal, as it is on the disk and as journald sees it. */
export type LogStore = {
  namespace: string;
  /** Taken on the disk. */
  bytes: number;
  files: number;
  /** SystemMaxUse= as applied. */
  cap: number | null;
  /** What journald said it may really take when it last opened the journal: less than the cap where disk space is short. */
  effective: { cap: number; keepFree: number; diskFree: number; at: string } | null;
  /** ISO time of the oldest entry. */
  oldest: string | null;
  /** Lines that journald threw away because they came too fast, as far back as the journal goes. */
  dropped: number;
};

/** Reads the store of an application; null in user scope, where lines are in the journal of the user. */
export async function readLogStore(host: Host, desired: Desired): Promise<LogStore | null> {
  if (host.scope === "user") return null;
  const namespace = logNamespace(desired.app);
  const [size, effective, oldest, dropped] = await Promise.all([
    readLogSize(host, desired.app),
    readEffective(host, namespace),
    readOldest(host, namespace),
    readDropped(host, namespace),
  ]);
  return { namespace, bytes: size.bytes, files: size.files, cap: capOf(desired), effective, oldest, dropped };
}

/** `newest`: what the files that are being written take of it. */
export type LogSize = { bytes: number; files: number; newest: number };

/** Only what the journal of an application takes on the disk; cheap enough for every status. */
export async function readLogSize(host: Host, app: string): Promise<LogSize> {
  const machine = ((await host.files.read("/etc/machine-id")) ?? "").trim();
  const roots = ["/var/log/journal", "/run/log/journal"].map(
    (root) => `${root}/${machine}.${logNamespace(app)}`,
  );
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
  const settings = desired.artifacts.find((artifact) => artifact.kind === "journald")?.directives;
  const size = parseSize(settings?.find(({ key }) => key === "SystemMaxUse")?.value ?? "");
  return size.ok ? size.value : null;
}

async function readEffective(host: Host, namespace: string): Promise<LogStore["effective"]> {
  const names = ["LIMIT", "DISK_KEEP_FREE", "DISK_AVAILABLE"];
  const [last] = await readOwnMessages(host, namespace, messageId.journalUsage, names, ["--lines=1"]);
  if (last?.["LIMIT"] === undefined) return null;
  const [cap = 0, keepFree = 0, diskFree = 0] = names.map((name) => Number(last[name]));
  const at = new Date(Number(last["__REALTIME_TIMESTAMP"]) / 1000).toISOString();
  return { cap, keepFree, diskFree, at };
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
