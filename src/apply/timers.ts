import { homedir } from "node:os";
import { join } from "node:path";
import { numberOf } from "../host/properties.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import type { UnitName } from "../value/unit-name.ts";
import type { ApplyContext } from "./context.ts";

/** systemd.timer(5), Persistent=: the time stamp of this file is when the timer last elapsed. */
export async function touchStamp({ host }: ApplyContext, timer: UnitName): Promise<void> {
  const data = process.env["XDG_DATA_HOME"] || join(homedir(), ".local/share");
  const directory = host.scope === "system" ? "/var/lib/systemd/timers" : join(data, "systemd/timers");
  await host.files.makeDirectory(directory, 0o755);
  await host.files.write(join(directory, `stamp-${timer}`), "", { mode: 0o644 });
}

/** A timer that never elapses again is accepted by systemd without a word. */
export async function checkTimer({ host }: ApplyContext, timer: UnitName): Promise<void> {
  const found = await host.systemd.properties(timer, [
    "NextElapseUSecRealtime",
    "NextElapseUSecMonotonic",
    "ActiveState",
  ]);
  if (numberOf(found, "NextElapseUSecRealtime") > 0 || numberOf(found, "NextElapseUSecMonotonic") > 0) return;
  throw new HoldfastError({
    severity: "error",
    code: "apply/timer-never",
    summary: `${timer} is armed, but systemd knows no time at which it elapses`,
    fix: "look at its times: systemd-analyze calendar",
  });
}
