import type { Host, Properties } from "../host/host.ts";
import { invocationOf, textOf } from "../host/properties.ts";
import { isRunning } from "../plan/host-state.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import type { UnitName } from "../value/unit-name.ts";

/** A service that its own old files do not bring up again. Everything else can still be put back, so this never stands in the way. */
export class NotRunningError extends HoldfastError {
  constructor(unit: UnitName, verb: string) {
    super({
      severity: "error",
      code: "apply/not-brought-back",
      summary: `${unit} did not ${verb} after its files were put back`,
      fix: `see why: holdfast logs ${unit}`,
    });
  }
}

/** Also a unit that is not active yet: a job of the change that was cut short may be about to start it. */
export async function stopUnit(unit: UnitName, host: Host): Promise<boolean> {
  const found = await host.systemd.properties(unit, ["ActiveState", "LoadState", "Job"]);
  const active = textOf(found, "ActiveState");
  if (active === "inactive" && !hasJob(found)) return false;
  if (active !== "failed") {
    const result = await host.systemd.stop(unit);
    if (result !== "done") throw new Error(`its stop ended as "${result}"`);
  }
  await host.systemd.resetFailed(unit);
  return true;
}

export async function startAgain(unit: UnitName, host: Host): Promise<boolean> {
  const found = await host.systemd.properties(unit, ["ActiveState", "Job"]);
  if (isRunning(textOf(found, "ActiveState")) && !hasJob(found)) return false;
  await host.systemd.resetFailed(unit);
  if ((await host.systemd.start(unit)) !== "done") throw new NotRunningError(unit, "start again");
  return true;
}

/** While the run of before the change goes on and nobody has asked for its end, it runs what it always ran. */
export async function restartAsBefore(unit: UnitName, invocation: string, host: Host): Promise<boolean> {
  const found = await host.systemd.properties(unit, ["ActiveState", "InvocationID", "Job"]);
  const untouched = isRunning(textOf(found, "ActiveState")) && invocationOf(found) === invocation;
  if (untouched && !hasJob(found)) return false;
  await host.systemd.resetFailed(unit);
  if ((await host.systemd.restart(unit)) !== "done") throw new NotRunningError(unit, "restart");
  return true;
}

/** A job that systemd still has to do or is doing; (0, "/") stands for none (org.freedesktop.systemd1(5)). */
function hasJob(found: Properties): boolean {
  const job = found["Job"];
  return Array.isArray(job) && Number(job[0]) !== 0;
}
