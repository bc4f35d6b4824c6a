import type { Host, Properties } from "../host/host.ts";
import { invocationOf, textOf } from "../host/properties.ts";
import { isRunning } from "../plan/host-state.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import type { UnitName } from "../value/unit-name.ts";

/** A service that its own old files do not bring up again. Everything else can still be put back, so this never stands in the way. */
export class NotRunningError extends HoldfastError {
  constructor(unit: UnitName) {
    super({
      severity: "error",
      code: "apply/not-brought-back",
      summary: `${unit} did not start again after its files were put back`,
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

/** Stops another run than the one that went on before the change. */
export async function stopUnlessSameRun(unit: UnitName, run: string, host: Host): Promise<boolean> {
  const found = await host.systemd.properties(unit, ["ActiveState", "InvocationID", "Job"]);
  return isRun(found, run) ? false : stopUnit(unit, host);
}

/** While the run of before the change goes on and nobody has asked for its end, it runs what it always ran. */
export async function runAsBefore(unit: UnitName, run: string, host: Host): Promise<boolean> {
  const found = await host.systemd.properties(unit, ["ActiveState", "InvocationID", "Job"]);
  if (isRun(found, run)) return false;
  await host.systemd.resetFailed(unit);
  // A start would wait for the end of a pause between two automatic ones; a restart does not (systemd.service(5)).
  if ((await host.systemd.restart(unit)) !== "done") throw new NotRunningError(unit);
  return true;
}

function isRun(found: Properties, run: string): boolean {
  if (!isRunning(textOf(found, "ActiveState")) || hasJob(found)) return false;
  return run === "" || invocationOf(found) === run;
}

/** A job that systemd still has to do or is doing; (0, "/") stands for none (org.freedesktop.systemd1(5)). */
function hasJob(found: Properties): boolean {
  const job = found["Job"];
  return Array.isArray(job) && Number(job[0]) !== 0;
}
