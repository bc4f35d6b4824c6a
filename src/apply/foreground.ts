import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { endingOf, textOf } from "../host/properties.ts";
import { explainUnit, explainedProperties } from "../host/unit-ending.ts";
import type { DesiredService } from "../plan/desired.ts";
import { isRunning } from "../plan/host-state.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import type { Ending, Explanation } from "../value/exit-status.ts";
import { unitName, type UnitName } from "../value/unit-name.ts";
import type { ApplyContext } from "./context.ts";
import { foregroundUnit, keeperUnit } from "./foreground-units.ts";
import { jobTimeout } from "./job-timeout.ts";
import { pause } from "./pause.ts";
import { neverUsedName, removeRuntimeUnit, runtimeDirectory, writeRuntimeUnit } from "./runtime-unit.ts";
import { connectStream, makeFifo, type Connection } from "./streams.ts";

export type ForegroundEnd = {
  ending: Ending;
  explanation: Explanation;
  /** The service itself was started meanwhile, which ends a copy in the foreground. */
  replaced: boolean;
};

export type ForegroundOptions = {
  extraArguments: readonly string[];
  /** Where the program's output goes. */
  stdout: 1 | 2;
  /** Aborted by a second interrupt: no more waiting for a program that does not stop. */
  impatient: AbortSignal;
};

const between = 100;

/**
 * Runs the program of a service in our terminal, as systemd would run it: the unit has the text of the service's own
 * but for its name and its three streams. It ends with us, however we end. Aborting the context's signal stops it.
 */
export async function runInForeground(
  context: ApplyContext,
  service: DesiredService,
  options: ForegroundOptions,
): Promise<ForegroundEnd> {
  const { host, signal } = context;
  await assertNotRunning(context, service);
  const name = neverUsedName("run");
  const directory = join(runtimeDirectory(host), name);
  await host.files.makeDirectory(directory, 0o700);
  const alive = await makeFifo(host, join(directory, "alive"));
  const connections = await connectAll(context, directory, options.stdout);
  const keeper = unitName(`${name}-keeper.service`);
  const unit = unitName(`${name}.service`);
  const artifact = context.desired!.artifacts.find((candidate) => candidate.unit === service.unit)!;
  const stop = () => void host.systemd.stop(unit, jobTimeout(service)).catch(() => {});
  const kill = () => void host.systemd.kill(unit, 9, "all").catch(() => {});
  let lifeline: number | null = null;
  try {
    await writeRuntimeUnit(host, keeper, keeperUnit(host, { keeper, unit, directory, alive }));
    lifeline = await startKeeper(context, keeper, alive);
    const [stdin, stdout, stderr] = connections.map(({ setting }) => setting);
    await writeRuntimeUnit(
      host,
      unit,
      foregroundUnit(artifact, {
        keeper,
        extraArguments: options.extraArguments,
        streams: { StandardInput: stdin!, StandardOutput: stdout!, StandardError: stderr! },
      }),
    );
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    options.impatient.addEventListener("abort", kill, { once: true });
    await host.systemd.start(unit, jobTimeout(service));
    for (const connection of connections) connection.opened();
    await untilEnded(context, unit);
    const found = await host.systemd.properties(unit, explainedProperties);
    return {
      ending: endingOf(found),
      explanation: explainUnit(found),
      replaced: isRunning(await activeState(context, service.unit)),
    };
  } finally {
    signal.removeEventListener("abort", stop);
    options.impatient.removeEventListener("abort", kill);
    await removeRuntimeUnit(host, unit);
    await Promise.all(connections.map((connection) => connection.end()));
    if (lifeline !== null) closeSync(lifeline);
    await removeRuntimeUnit(host, keeper);
    await host.files.removeTree(directory);
  }
}

/**
 * Starts the unit that ends when we do. The descriptor that comes back is the only writer of its FIFO: the kernel closes
 * it with us, however we end, and then systemd stops what is bound to the keeper. It can be opened only once the
 * keeper reads, so from the first moment of the program on it cannot be left alone.
 */
async function startKeeper({ host, signal }: ApplyContext, keeper: UnitName, fifo: string): Promise<number> {
  const started = (await host.systemd.start(keeper)) === "done";
  for (let tries = started ? 100 : 0; tries > 0; tries--) {
    try {
      return openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENXIO") throw error;
      await pause(50, signal);
    }
  }
  throw new HoldfastError({
    severity: "error",
    code: "run/no-keeper",
    summary: `Cannot start ${keeper}, which would end the program together with holdfast`,
    fix: `systemctl status ${keeper}`,
  });
}

async function connectAll(
  { host }: ApplyContext,
  directory: string,
  stdout: 1 | 2,
): Promise<readonly Connection[]> {
  return [
    await connectStream(host, 0, join(directory, "stdin")),
    await connectStream(host, stdout, join(directory, "stdout")),
    await connectStream(host, 2, join(directory, "stderr")),
  ];
}

async function untilEnded(context: ApplyContext, unit: UnitName): Promise<void> {
  while (!["inactive", "failed"].includes(await activeState(context, unit)))
    await new Promise((resolve) => setTimeout(resolve, between));
}

async function activeState({ host }: ApplyContext, unit: UnitName): Promise<string> {
  return textOf(await host.systemd.properties(unit, ["ActiveState"]), "ActiveState");
}

async function assertNotRunning(context: ApplyContext, service: DesiredService): Promise<void> {
  const state = await activeState(context, service.unit);
  if (state === "inactive" || state === "failed") return;
  throw new HoldfastError({
    severity: "error",
    code: "run/already-running",
    summary: `Cannot run service "${service.name}" in the foreground: ${service.unit} is ${state}, and one copy runs`,
    detail: "two copies would write to the same data and answer on the same ports",
    fix: `stop it first: holdfast stop ${context.desired!.app}/${service.name}`,
  });
}
