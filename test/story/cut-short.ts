import { once } from "node:events";
import { resolve } from "node:path";
import { expect } from "vitest";
import { Result, checkout, waitUntil, type World } from "./story.ts";
import { takeSnapshot, type Snapshot } from "./snapshot.ts";

export type Cut = {
  /** The number of a moment before the change takes effect, or the name of one. */
  at: number | string;
  /** The name of a moment after that, for when there is no such number. */
  atLast?: "committed" | "tidied" | "finished";
  how?: "SIGKILL" | "SIGINT" | "SIGSTOP";
  /** Moments between steps, or also between the calls that a step makes. */
  depth?: "steps" | "calls";
  /** From when moments count: the record of the change, or the start of the program. */
  since?: "record" | "start";
  /** False for a command that does not stand at the gate. */
  gate?: boolean;
  directory: string;
};

/** A real bin/holdfast inside the host that will be ended at a chosen moment. It stands at a gate before it records its change. */
export type CutRun = AsyncDisposable & {
  /** True at the gate; false when it ended without coming there. */
  atGate(): Promise<boolean>;
  open(): Promise<void>;
  end(): Promise<Result>;
  /** Names of the moments it came by; the last one is where it was ended. */
  moments(): Promise<string[]>;
  said(): string;
  kill(signal: NodeJS.Signals): void;
};

const gate = "/run/story-gate";
const trace = "/run/story-trace";

export async function startCut({ host, run }: World, args: readonly string[], cut: Cut): Promise<CutRun> {
  await run(["rm", "-f", `${gate}.reached`, `${gate}.open`, trace]).succeeds();
  const argv = [`${checkout}/bin/holdfast`, ...args];
  const child = await host.spawn(argv, {
    directory: cut.directory,
    env: {
      NODE_OPTIONS: `--require=${resolve(import.meta.dirname, "cut.cjs")}`,
      CUT_AT: String(cut.at),
      CUT_AT_LAST: cut.atLast ?? "",
      CUT_HOW: cut.how ?? "SIGKILL",
      CUT_DEPTH: cut.depth ?? "steps",
      CUT_GATE: cut.gate === false ? "" : gate,
      CUT_SINCE: cut.since ?? "record",
      CUT_TRACE: trace,
    },
  });
  const output = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  child.stdin?.end();
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const kill = (signal: NodeJS.Signals): void => {
    child.kill(signal);
    // nsenter(1) stops itself together with the program, and would not notice that it goes on or has ended.
    process.kill(child.pid!, "SIGCONT");
  };
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    async atGate() {
      await waitUntil(
        "it is at the gate or over",
        async () => ended() || (await host.exists(`${gate}.reached`)),
        {
          interval: 3,
        },
      );
      return host.exists(`${gate}.reached`);
    },
    open: () => host.write(`${gate}.open`, ""),
    async end() {
      const [status, signal] = await closed;
      return new Result(argv, { status, signal, ...output });
    },
    async moments() {
      return ((await host.read(trace)) ?? "").split("\n").filter((line) => line !== "");
    },
    said: () => output.stderr,
    kill,
    async [Symbol.asyncDispose]() {
      if (!ended()) kill("SIGKILL");
      await closed;
    },
  };
}

export type Everywhere = Pick<Cut, "depth" | "atLast" | "directory"> & {
  app: string;
  /** Directories of the application that a change may touch. */
  watch: readonly string[];
  /** The old generation, in the words of the recovery. */
  before: string;
  /** Where to kill it, by name; at every moment when not given. */
  moments?: readonly string[];
};

/** Where a command was killed, and which services ran in another process after the way back. */
export type KillPoint = { moment: string; restarted: readonly string[] };

/**
 * Runs a command again and again, each time killed one moment later, until it comes through. Each run first takes back
 * what the one before it left, and the host must then be, file by file and property by property, what it was at first.
 */
export async function cutEverywhere(
  world: World,
  args: readonly string[],
  options: Everywhere,
): Promise<KillPoint[]> {
  const { app, watch, before } = options;
  const start = await takeSnapshot(world.host, app, watch);
  const points: { moment: string; restarted: string[] }[] = [];
  let { runs } = start;
  for (let round = 1; ; round++) {
    // A number that there is not, so that it comes to the moment after which it has taken effect.
    const at = options.moments ? (options.moments[round - 1] ?? "never") : round;
    const last = points.at(-1);
    const where = `after a kill at ${last?.moment ?? "no moment"}`;
    await using attempt = await startCut(world, args, { ...options, at });
    expect(await attempt.atGate(), `${where}: ${attempt.said()}`).toBe(true);
    if (last) {
      expect(attempt.said(), where).toMatch(/was cut short\. It was taken back: /);
      expect(attempt.said(), where).toContain(`"${app}" is ${before}`);
      const now = await takeSnapshot(world.host, app, watch);
      expectSame(now, start, where);
      last.restarted = Object.keys(runs).filter((unit) => runs[unit] !== now.runs[unit]);
      ({ runs } = now);
    }
    await attempt.open();
    const result = await attempt.end();
    expect(result.status === 137 || result.signal === "SIGKILL", `${result.stdout}${result.stderr}`).toBe(
      true,
    );
    const moment = (await attempt.moments()).at(-1)!;
    points.push({ moment, restarted: [] });
    const status = await world.holdfast("status");
    if (moment === options.atLast) {
      status.doesNotSay("cut short");
      return points;
    }
    status
      .succeeds()
      .says(new RegExp(`of "${app}" that root began at .* was cut short at step \\d+ of \\d+`));
  }
}

export function expectSame(now: Snapshot, then: Snapshot, where: string): void {
  expect(now.files, `files ${where}`).toEqual(then.files);
  expect(now.units, `units ${where}`).toEqual(then.units);
}
