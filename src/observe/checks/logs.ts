import { basename, dirname } from "node:path";
import type { Host } from "../../host/host.ts";
import { describeSize, parseSize } from "../../value/size.ts";
import { check, type Check, type CheckInput } from "../check.ts";
import { readLogStore } from "../logs/log-store.ts";

const caps = [
  "Storage",
  "SystemMaxUse",
  "SystemMaxFileSize",
  "SystemKeepFree",
  "MaxRetentionSec",
  "MaxFileSec",
];

/** The caps of the application's own journal as journald reads them: its main file, then every drop-in by name, the last one wins. */
export async function checkLogs(input: CheckInput): Promise<Check | null> {
  const artifact = input.desired.artifacts.find((candidate) => candidate.kind === "journald");
  if (!artifact) return null;
  const meant = new Map(artifact.directives.map((d) => [d.key, d.value]));
  const promise = `keeps logs ${meant.get("MaxRetentionSec")} and at most ${meant.get("SystemMaxUse")}, in a journal of its own`;
  const effective = await readJournaldSettings(input.host, dirname(artifact.path));
  const wrong = caps.filter((key) => (effective.get(key)?.value ?? undefined) !== meant.get(key));
  if (wrong.length === 0) return checkRoom(input, promise, meant.get("SystemMaxUse")!);
  const found = wrong.map((key) => {
    const is = effective.get(key);
    return is ? `${key}= is ${is.value} by ${is.file}, not ${meant.get(key) ?? "set"}` : `${key}= is not set`;
  });
  return check(
    input,
    "logs",
    promise,
    "failed",
    found.join("; "),
    "remove what overrides it, then: holdfast apply",
  );
}

/** Whether journald runs with the cap, and has room for it now. */
async function checkRoom(input: CheckInput, promise: string, meant: string): Promise<Check> {
  const size = parseSize(meant);
  const store = await readLogStore(input.host, input.desired);
  if (store === null || !size.ok) return check(input, "logs", promise, "ok", "in force");
  const { reported, effective } = store;
  if (reported !== null && reported.most !== asJournaldCounts(size.value))
    return check(
      input,
      "logs",
      promise,
      "failed",
      `journald runs with at most ${describeSize(reported.most)}: it has not read its settings as they are now`,
      `systemctl restart systemd-journald@${store.namespace}.service`,
    );
  if (effective !== null && effective.cap < size.value)
    return check(
      input,
      "logs",
      promise,
      "warning",
      `in force, but there is room for ${describeSize(effective.cap)} only: the file system is nearly full, or logs.keep-free takes the rest`,
      "make room, or lower logs.keep-free",
    );
  return check(input, "logs", promise, "ok", "in force");
}

/** Whole pages, and 1M at least. */
function asJournaldCounts(bytes: number): number {
  return Math.max(1024 ** 2, Math.ceil(bytes / 4096) * 4096);
}

/** journald.conf(5): drop-ins of all directories are sorted by file name, and /etc hides a file of the same name elsewhere. */
async function readJournaldSettings(
  host: Host,
  dropInDirectory: string,
): Promise<Map<string, { value: string; file: string }>> {
  const name = basename(dropInDirectory);
  const files = new Map<string, string>();
  for (const root of ["/usr/lib/systemd", "/usr/local/lib/systemd", "/run/systemd", "/etc/systemd"]) {
    for (const file of await host.files.list(`${root}/${name}`))
      if (file.endsWith(".conf")) files.set(file, `${root}/${name}/${file}`);
  }
  const ordered = [
    dropInDirectory.replace(/\.d$/, ""),
    ...[...files.keys()].toSorted().map((file) => files.get(file)!),
  ];
  const settings = new Map<string, { value: string; file: string }>();
  for (const file of ordered) {
    for (const line of ((await host.files.read(file)) ?? "").split("\n")) {
      const setting = /^([A-Za-z]+)=(.*)$/.exec(line.trim());
      if (setting) settings.set(setting[1]!, { value: setting[2]!.trim(), file });
    }
  }
  return settings;
}
