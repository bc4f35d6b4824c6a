import { basename } from "node:path";
import type { Scene } from "../fault.ts";
import type { Stage } from "../stage.ts";
import type { UnitLook } from "../watch-unit.ts";
import { startOnceWith } from "./drop-in.ts";
import { hasSignal, programOf, signalsOf, variableOf } from "./processes.ts";
import { stallRuntimes, stallSignals, type Stall, type StallRuntime } from "./stall-programs.ts";

/** A service that was started so that its program can stand still, and does not yet. */
export type Armed = {
  /** The service as it is ready now. */
  before: UnitLook;
  /** The process that is to stand still. */
  pid: number;
  runtime: string;
  /** Has it stand still, and waits until it does; false when it cannot be reached. */
  standStill: () => Promise<boolean>;
};

/** How long a program may be in a call that no signal interrupts. */
const untilItBegins = 10_000;

/** Starts a service anew, this once, with what makes its program stand still on a signal; a text says why that cannot be. */
export async function armStall(scene: Scene, stall: Stall): Promise<Armed | string> {
  const { subject, stage } = scene;
  const found = await findProgram(stage, scene.before.pid);
  if (typeof found === "string") return found;
  const { runtime } = found;
  const seen = await signalsOf(stage, found.pid);
  const signal = stallSignals.find(
    ({ number }) => seen && !hasSignal(seen.caught, number) && !hasSignal(seen.deaf, number),
  );
  if (!signal) return `the program itself uses ${stallSignals.map(({ name }) => name).join(", ")}`;
  await stage.host.write(runtime.file, runtime.text(stall, signal), 0o644);
  const own = await variableOf(stage, found.pid, runtime.variable);
  const environment = `${runtime.file}.environment`;
  await stage.host.write(environment, `${runtime.variable}=${quoted(runtime.value(own))}\n`, 0o644);
  // The last file of variables wins over whatever else the unit sets.
  const { ready, said } = await startOnceWith(scene, [`EnvironmentFile=${environment}`]);
  const armed = ready && (await findProgram(stage, ready.pid));
  if (ready && armed && typeof armed !== "string" && (await catches(stage, armed.pid, signal.number)))
    return {
      before: ready,
      pid: armed.pid,
      runtime: runtime.name,
      standStill: async () => {
        // Never where nobody catches it: it would end the program instead.
        if (!(await catches(stage, armed.pid, signal.number))) return false;
        await stage.run(["kill", "-s", signal.name.slice("SIG".length), String(armed.pid)]);
        const begun = await scene.watch.until(
          untilItBegins,
          async () => !(await catches(stage, armed.pid, signal.number)),
        );
        return begun !== null;
      },
    };
  await stage.holdfast("restart", `${subject.app}/${subject.name}`);
  return ready
    ? `its ${runtime.name} takes no notice of ${runtime.variable}, which is to load what makes it stand still`
    : `it does not start with what makes it stand still: ${said}`;
}

/** The first process of a service that a known runtime runs: the main one, or what a wrapper has started. */
async function findProgram(
  stage: Stage,
  main: number,
): Promise<{ pid: number; runtime: StallRuntime } | string> {
  const others = (await stage.inside.group(main)).filter((pid) => pid !== main);
  const programs: string[] = [];
  for (const pid of [main, ...others]) {
    const program = await programOf(stage, pid);
    const runtime = program === null ? undefined : stallRuntimes.find(({ runs }) => runs(program));
    if (runtime) return { pid, runtime };
    if (program !== null) programs.push(basename(program));
  }
  const names = stallRuntimes.map(({ name }) => name).join(" or ");
  return `it runs ${[...new Set(programs)].join(", ")}, and only a program in ${names} can be made to stand still without a debugger; --fault freeze stops any program`;
}

async function catches(stage: Stage, pid: number, signal: number): Promise<boolean> {
  const seen = await signalsOf(stage, pid);
  return seen !== null && hasSignal(seen.caught, signal);
}

/** For a file of variables (systemd.exec(5), EnvironmentFile=). */
function quoted(text: string): string {
  return `"${text.replace(/["\\$`]/g, "\\$&")}"`;
}
