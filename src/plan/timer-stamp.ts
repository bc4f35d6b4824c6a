import { homedir } from "node:os";
import { join } from "node:path";
import type { Host, Scope } from "../host/host.ts";
import type { UnitName } from "../value/unit-name.ts";
import type { Desired } from "./desired.ts";
import { missingDirectories } from "./missing-directories.ts";

export type StampState = { path: string; exists: boolean; missingDirectories: readonly string[] };

/** systemd.timer(5), Persistent=: the time stamp of this file is when the timer last elapsed. */
function stampPath(scope: Scope, timer: UnitName): string {
  const data = process.env["XDG_DATA_HOME"] || join(homedir(), ".local/share");
  const directory = scope === "system" ? "/var/lib/systemd/timers" : join(data, "systemd/timers");
  return join(directory, `stamp-${timer}`);
}

/** Stamps of the persistent timers that are wanted, by unit. */
export async function readStamps(
  host: Host,
  desired: Desired | null,
): Promise<Readonly<Record<string, StampState>>> {
  const timers = (desired?.timers ?? []).filter((timer) => timer.persistent);
  const found = await Promise.all(
    timers.map(async ({ unit }) => {
      const path = stampPath(host.scope, unit);
      const exists = (await host.files.stat(path)) !== null;
      return [
        unit,
        { path, exists, missingDirectories: exists ? [] : await missingDirectories(host, path) },
      ] as const;
    }),
  );
  return Object.fromEntries(found);
}
