import type { Host } from "../../host/host.ts";

/** A process that the kernel killed because memory had run out. */
export type KernelKill = {
  /** Microseconds since the epoch. */
  time: number;
  /** Control group of the process. */
  group: string;
  process: string;
  /** The group whose limit was reached; null when the whole machine had none left. */
  limitOf: string | null;
};

/** `from`: the kernel's messages can be read from this time on (microseconds); null when they cannot be read at all. */
export type KernelLog = { kills: readonly KernelKill[]; from: number | null };

/**
 * What the kernel says about memory. With control groups of version 1 systemd itself does not learn of such a kill. The
 * journal has the kernel's messages of earlier boots too; where it has none, as in a container, the kernel's own buffer does.
 */
export async function readKernelLog(host: Host, since: number): Promise<KernelLog> {
  return (await fromJournal(host, since)) ?? (await fromBuffer(host)) ?? { kills: [], from: null };
}

async function fromJournal(host: Host, since: number): Promise<KernelLog | null> {
  const command = ["journalctl", "--quiet", "--output=json", "--output-fields=MESSAGE", "_TRANSPORT=kernel"];
  const any = await host.run([...command, "--lines=1"]);
  if (!any.stdout.startsWith("{")) return null;
  const found = await host.run([...command, `--since=@${Math.floor(since / 1e6)}`, "--grep=oom-kill:"]);
  // 1 is "nothing found"; a journalctl without pattern matching answers with another error.
  if (found.status !== 0 && found.stderr !== "") return null;
  const kills = found.stdout.split("\n").flatMap((line) => {
    if (!line.startsWith("{")) return [];
    const entry = JSON.parse(line) as Readonly<Record<string, string>>;
    return parseKill(Number(entry["__REALTIME_TIMESTAMP"]), String(entry["MESSAGE"])) ?? [];
  });
  return { kills, from: since };
}

async function fromBuffer(host: Host): Promise<KernelLog | null> {
  const { status, stdout } = await host.run(["dmesg", "--time-format=iso"]);
  return status === 0 ? parseBuffer(stdout) : null;
}

/** The output of dmesg(1) with ISO times. */
export function parseBuffer(text: string): KernelLog {
  let from: number | null = null;
  const kills: KernelKill[] = [];
  for (const line of text.split("\n")) {
    const [, stamp, micros, zone, message = ""] =
      /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d),(\d{6})([+-]\d\d:\d\d) (.*)$/.exec(line) ?? [];
    if (stamp === undefined) continue;
    const time = Date.parse(`${stamp}${zone}`) * 1000 + Number(micros);
    from ??= time;
    const kill = parseKill(time, message);
    if (kill) kills.push(kill);
  }
  return { kills, from };
}

/** The kernel's one-line summary (mm/oom_kill.c, since Linux 5.0). */
function parseKill(time: number, message: string): KernelKill | null {
  const found = /oom-kill:constraint=\w+,(.*)task_memcg=([^,]*),task=(.*),pid=\d+,uid=\d+/.exec(message);
  if (!found) return null;
  const [, before = "", group = "", process = ""] = found;
  return { time, group, process, limitOf: /oom_memcg=([^,]*)/.exec(before)?.[1] ?? null };
}

/** Whether a control group is that of a unit or below it; a container sees its own groups with those of its host in front. */
export function isGroupOf(group: string, unit: string): boolean {
  return group.split("/").includes(unit);
}
