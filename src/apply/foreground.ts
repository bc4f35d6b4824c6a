import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { endingOf, textOf } from "../host/properties.ts";
import { explainUnitFailure } from "../explain-failure/read-failure.ts";
import { explainUnit, explainedProperties } from "../explain-failure/unit-ending.ts";
import type { DesiredService } from "../plan/desired.ts";
import { isRunning } from "../plan/host-state.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import type { Ending, Explanation } from "../value/exit-status.ts";
import { unitName, type UnitName } from "../value/unit-name.ts";
import type { ApplyContext } from "./context.ts";
import { foregroundUnit, keeperUnit } from "./foreground-units.ts";
import { jobTimeout } from "./job-timeout.ts";
import { interruptedError, pause } from "./pause.ts";
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
  await assertNotRunning(context, service);
  const { host, signal } = context;
  const name = neverUsedName("run");
  const place: Place = {
    unit: unitName(`${name}.service`),
    keeper: unitName(`${name}-keeper.service`),
    directory: join(runtimeDirectory(host), name),
  };
  const stop = () => void host.systemd.stop(place.unit, jobTimeout(service)).catch(() => {});
  const kill = () => void host.systemd.kill(place.unit, 9, "all").catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  options.impatient.addEventListener("abort", kill, { once: true });
  try {
    await host.files.makeDirectory(place.directory, 0o700);
    return await runThere(context, service, place, options);
  } finally {
    signal.removeEventListener("abort", stop);
    options.impatient.removeEventListener("abort", kill);
    await removeRuntimeUnit(host, place.keeper);
    await host.files.removeTree(place.directory);
  }
}

type Place = { unit: UnitName; keeper: UnitName; directory: string };

async function runThere(
  context: ApplyContext,
  service: DesiredService,
  place: Place,
  options: ForegroundOptions,
): Promise<ForegroundEnd> {
  const { host, signal } = context;
  const connections = await connectAll(context, place.directory, options.stdout);
  const [stdin, stdout, stderr] = connections.map(({ setting }) => setting);
  const artifact = context.desired!.artifacts.find((candidate) => candidate.unit === service.unit)!;
  const text = foregroundUnit(artifact, {
    keeper: place.keeper,
    extraArguments: options.extraArguments,
    streams: { StandardInput: stdin!, StandardOutput: stdout!, StandardError: stderr! },
  });
  const lifeline = await startKeeper(context, place);
  try {
    await writeRuntimeUnit(host, place.unit, text);
    if (signal.aborted) throw interruptedError();
    await host.systemd.start(place.unit, jobTimeout(service));
    for (const connection of connections) connection.opened();
    await untilEnded(context, place.unit);
    const found = await host.systemd.properties(place.unit, explainedProperties);
    const replaced = isRunning(await activeState(context, service.unit));
    const ending = endingOf(found);
    const explanation =
      ending.result === "success" ? explainUnit(found) : await explainUnitFailure(host, place.unit);
    return { ending, explanation, replaced };
  } finally {
    await removeRuntimeUnit(host, place.unit);
    await Promise.all(connections.map((connection) => connection.end()));
    closeSync(lifeline);
  }
}

/**
 * Starts the unit that ends when we do. The descriptor that comes back is the only writer of its FIFO: the kernel closes
 * it with us, however we end, and then systemd stops what is bound to the keeper. It can be opened only once the
 * keeper reads, so from the first moment of the program on it cannot be left alone.
 */
async function startKeeper({ host, signal }: ApplyContext, place: Place): Promise<number> {
  const fifo = await makeFifo(host, join(place.directory, "alive"));
  await writeRuntimeUnit(host, place.keeper, keeperUnit(host, { ...place, alive: fifo }));
  const started = (await host.systemd.start(place.keeper)) === "done";
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
    summary: `Cannot start ${place.keeper}, which would end the program together with holdfast`,
    fix: `systemctl status ${place.keeper}`,
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
