import type { Host } from "../host/host.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import { findMismatches, propertiesFor } from "../compile/effective.ts";
import type { Check, CheckInput } from "./check.ts";
import { checkBoot } from "./checks/boot.ts";
import { checkEnvironment } from "./checks/environment.ts";
import { checkLogs } from "./checks/logs.ts";
import { checkScore } from "./checks/score.ts";
import { checkStorage } from "./checks/storage.ts";
import { checkLimits, checkRestart, checkRestartDelay, checkRest, checkStop } from "./checks/values.ts";

const asked = [
  "ActiveState",
  "SubState",
  "MainPID",
  "UnitFileState",
  "WantedBy",
  "DropInPaths",
  "ControlGroup",
  "InvocationID",
];

/** Every promise of a service as a live check. Values are effective ones: what a file says proves nothing. */
export async function checkService(host: Host, desired: Desired, service: DesiredService): Promise<Check[]> {
  const artifact = desired.artifacts.find((candidate) => candidate.unit === service.unit)!;
  const properties = await host.systemd.properties(service.unit, [
    ...asked,
    ...propertiesFor(artifact.directives),
  ]);
  const mismatches = findMismatches(artifact.directives, properties);
  const input: CheckInput = { host, desired, service, artifact, properties, mismatches };
  const found = await Promise.all([
    checkRestart(input),
    checkRestartDelay(input),
    checkEnvironment(input),
    checkLogs(input),
    checkLimits(input),
    checkStop(input),
    checkScore(input),
    checkStorage(input),
    checkBoot(input),
    checkRest(input),
  ]);
  return found.filter((check) => check !== null);
}
