import { dirname, join, resolve } from "node:path";
import type { Directive } from "../compile/artifact.ts";
import { formatIni } from "../compile/artifact.ts";
import type { Host } from "../host/host.ts";
import type { DesiredService } from "../plan/desired.ts";
import { endingOf, endingProperties } from "../host/properties.ts";
import { explainUnitFailure } from "../explain-failure/read-failure.ts";
import type { Ending, Explanation } from "../value/exit-status.ts";
import { formatDuration, durationOf } from "../value/duration.ts";
import { unitName, type UnitName } from "../value/unit-name.ts";
import { dropTemporaries } from "./aside.ts";
import type { ApplyContext } from "./context.ts";
import { unlessInterrupted } from "./pause.ts";
import {
  directivesFor,
  neverUsedName,
  quoteCommandLine,
  removeRuntimeUnit,
  runtimeDirectory,
  runtimeUnitFile,
  writeRuntimeUnit,
} from "./runtime-unit.ts";

/** `explanation`: null when it ended well. */
export type SandboxEnd = Ending & { output: string; explanation: Explanation | null };

/** Directives that say how the service runs rather than what surrounds it. */
const notSurroundings =
  /^(Type|Exec|Restart|Timeout|Watchdog|NotifyAccess|SuccessExitStatus|Kill|Standard|SyslogIdentifier|LogNamespace|RuntimeDirectory)/;

/**
 * Runs a program once with the account, environment, credentials, limits and sandbox of a service. The unit is a real
 * file under a name never used before, so systemd reads the very same text as the service's own, and needs no reload.
 */
export async function runInSandbox(
  context: ApplyContext,
  service: DesiredService,
  argv: readonly string[],
  timeout: number,
): Promise<SandboxEnd> {
  const { host } = context;
  const { app, artifacts } = context.desired!;
  const artifact = artifacts.find((candidate) => candidate.service === service.name)!;
  const unit = unitName(`${neverUsedName(`try-${app}`)}.service`);
  const output = outputOf(host, unit);
  try {
    await host.files.write(output, "", { mode: 0o600 });
    await writeRuntimeUnit(host, unit, sandboxUnit(artifact.directives, argv, output, timeout));
    await unlessInterrupted(host.systemd.start(unit), context.signal);
    const ending = endingOf(await host.systemd.properties(unit, endingProperties));
    const well = ending.result === "success" && ending.status === 0;
    // Asked while the unit is there: its own paths are held against the host.
    const explanation = well ? null : await explainUnitFailure(host, unit);
    return { ...ending, explanation, output: (await host.files.read(output)) ?? "" };
  } finally {
    await removeTry(host, unit);
  }
}

/** A command as a person declares it: a program that is named by a path is in the application's directory. */
export function inDirectory(directory: string, [program = "", ...rest]: readonly string[]): string[] {
  return [program.includes("/") ? resolve(directory, program) : program, ...rest];
}

/** Removes what a command that was killed in the middle of a run left behind. Names of other applications do not match. */
export async function removeTries(host: Host, app: string): Promise<boolean> {
  const isOurs = new RegExp(`^holdfast-try-${app}-[0-9a-f]{12}\\.service$`);
  const directory = dirname(runtimeUnitFile(host, unitName("holdfast-try.service")));
  const units = (await host.systemd.listUnits([`holdfast-try-${app}-*.service`])).map(({ name }) => name);
  const files = [
    ...(await host.files.list(directory)),
    ...(await host.files.list(runtimeDirectory(host))),
  ].map((name) => name.replace(/^\.(.*\.service)(\.out)?\.holdfast-\w+$/, "$1").replace(/\.out$/, ""));
  const names = new Set([...units, ...files].filter((name) => isOurs.test(name)));
  for (const name of names) await removeTry(host, unitName(name));
  return names.size > 0;
}

function outputOf(host: Host, unit: UnitName): string {
  return join(runtimeDirectory(host), `${unit}.out`);
}

async function removeTry(host: Host, unit: UnitName): Promise<void> {
  await removeRuntimeUnit(host, unit);
  await dropTemporaries(host.files, outputOf(host, unit));
  await host.files.remove(outputOf(host, unit));
}

function sandboxUnit(
  directives: readonly Directive[],
  argv: readonly string[],
  output: string,
  timeout: number,
): string {
  const rule = "run once in the sandbox of a service";
  const [inUnit, inService] = [directivesFor("Unit", rule), directivesFor("Service", rule)];
  const surroundings = directives.filter((d) => d.section === "Service" && !notSurroundings.test(d.key));
  return formatIni(
    ["# Written by Holdfast for one run; removed after it."],
    ["Unit", "Service"],
    [
      inUnit("StartLimitIntervalSec", "0"),
      inService("Type", "oneshot"),
      // Kept until it is read back: a oneshot that has ended is forgotten otherwise.
      inService("RemainAfterExit", "yes"),
      inService("ExecStart", quoteCommandLine(argv)),
      inService("TimeoutStartSec", formatDuration(durationOf(timeout))),
      inService("StandardOutput", `append:${output}`),
      inService("StandardError", `append:${output}`),
      ...surroundings,
    ],
  );
}
