import { logNamespace } from "../compile/names.ts";
import type { Host } from "../host/host.ts";
import { readLogSize } from "../observe/logs/log-store.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import { formatDuration, type Duration } from "../value/duration.ts";
import type { Size } from "../value/size.ts";
import { unitName } from "../value/unit-name.ts";

export type Upkeep = { before: number; after: number; files: { before: number; after: number } };

/** Closes the current file of an application's own journal and begins a new one. */
export async function rotateLogs(host: Host, app: string): Promise<Upkeep> {
  return measured(host, app, () => rotate(host, app));
}

export type VacuumLimits = { keep?: Duration; max?: Size };

/** Throws old files of an application's own journal away. Only closed files can go, so the current one is closed first. */
export async function vacuumLogs(host: Host, app: string, { keep, max }: VacuumLimits): Promise<Upkeep> {
  return measured(host, app, async () => {
    await rotate(host, app);
    if (keep !== undefined) await journalctl(host, app, [`--vacuum-time=${formatDuration(keep)}`]);
    if (max !== undefined) await vacuumTo(host, app, max);
  });
}

/** By its manual page journalctl does not count the file that is being written; since some version it does. */
async function vacuumTo(host: Host, app: string, max: number): Promise<void> {
  // 0 would mean no limit.
  await journalctl(host, app, [`--vacuum-size=${Math.max(1, max)}`]);
  const { bytes, newest } = await readLogSize(host, app);
  if (bytes > max) await journalctl(host, app, [`--vacuum-size=${Math.max(1, max - newest)}`]);
}

async function measured(host: Host, app: string, work: () => Promise<void>): Promise<Upkeep> {
  const before = await readLogSize(host, app);
  // Without a store there is nothing to tend, and asking journald for it would make one.
  if (before.files > 0) await work();
  const after = await readLogSize(host, app);
  return { before: before.bytes, after: after.bytes, files: { before: before.files, after: after.files } };
}

/** The journald of an application ends when it has nothing to do, and journalctl can only ask one that runs. */
async function rotate(host: Host, app: string): Promise<void> {
  await host.systemd.start(unitName(`systemd-journald@${logNamespace(app)}.service`));
  await journalctl(host, app, ["--rotate"]);
}

async function journalctl(host: Host, app: string, options: readonly string[]): Promise<void> {
  const { status, stderr } = await host.run(["journalctl", `--namespace=${logNamespace(app)}`, ...options]);
  if (status === 0) return;
  throw new HoldfastError({
    severity: "error",
    code: "maintain/journal",
    summary: `Cannot tend the journal of "${app}": ${stderr.trim().split("\n")[0]}`,
    fix: `systemctl status systemd-journald@${logNamespace(app)}.service`,
  });
}
