import { dirname } from "node:path";
import type { Host } from "../host/host.ts";
import { numberOf } from "../host/properties.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import type { UnitName } from "../value/unit-name.ts";
import { keepAside } from "./aside.ts";
import type { ApplyContext } from "./context.ts";

/** Its time is all that matters of a stamp. The old one is kept with its own, for the way back. */
export async function touchStamp({ files }: Host, path: string): Promise<void> {
  await files.makeDirectory(dirname(path), 0o755);
  await keepAside(files, path);
  await files.write(path, "", { mode: 0o644 });
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
