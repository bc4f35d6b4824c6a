import type { Host } from "../host/host.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import { adviceFor } from "../report/advice.ts";
import { findMismatches, propertiesFor } from "../compile/effective.ts";
import type { Check, CheckInput } from "./check.ts";
import { checkAppArmor } from "./checks/apparmor.ts";
import { checkBoot } from "./checks/boot.ts";
import { checkEnvironment } from "./checks/environment.ts";
import { checkLogs } from "./checks/logs.ts";
import { checkLimits } from "./checks/limits.ts";
import { checkNetwork } from "./checks/network.ts";
import { checkProfile } from "./checks/profile.ts";
import { checkProgram } from "./checks/program.ts";
import { checkSandbox } from "./checks/sandbox.ts";
import { checkSecrets } from "./checks/secrets.ts";
import { checkStorage } from "./checks/storage.ts";
import { checkAsApplied, checkRestart, checkRestartDelay, checkStop } from "./checks/values.ts";
import { readOverrides } from "./overrides.ts";

const asked = [
  "ActiveState",
  "SubState",
  "MainPID",
  "UnitFileState",
  "WantedBy",
  "DropInPaths",
  "ControlGroup",
  "InvocationID",
  "NeedDaemonReload",
];

/** Every promise of a service as a live check. Values are effective ones: what a file says proves nothing. */
export async function checkService(host: Host, desired: Desired, service: DesiredService): Promise<Check[]> {
  const artifact = desired.artifacts.find((candidate) => candidate.unit === service.unit)!;
  const properties = await host.systemd.properties(service.unit, [
    ...asked,
    ...propertiesFor(artifact.directives),
  ]);
  const mismatches = findMismatches(artifact.directives, properties);
  const overrides = await readOverrides(host, artifact, properties);
  const input: CheckInput = { host, desired, service, artifact, properties, mismatches, overrides };
  const found = await Promise.all([
    checkProgram(input),
    checkRestart(input),
    checkRestartDelay(input),
    checkEnvironment(input),
    checkSecrets(input),
    checkLogs(input),
    checkLimits(input),
    checkStop(input),
    checkSandbox(input),
    checkProfile(input),
    checkAppArmor(input),
    checkStorage(input),
    checkBoot(input),
    checkNetwork(input),
    checkAsApplied(input),
  ]);
  return found
    .filter((check) => check !== null)
    .map((check) => (check.fix === null ? check : { ...check, fix: adviceFor(host.scope, check.fix) }));
}
