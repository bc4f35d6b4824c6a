import type { TraceFacts } from "./trace.ts";
import type { RunFacts } from "./verdict.ts";

export type Exercised = {
  /** The run without a sandbox. */
  run: RunFacts;
  /** How readiness was told, in words. */
  ready: string;
  trace: TraceFacts | null;
  ports: readonly number[];
  /** Addresses and ports that the readiness and the checks ask. */
  asked: readonly string[];
  commands: readonly string[];
  /** Is a reload declared? */
  reload: boolean;
  jobs: readonly string[];
  standIns: readonly string[];
  unusedPlaces: readonly string[];
  seconds: number;
  /** Directives that are in the result and that this host does not enforce. */
  notEnforced: readonly string[];
};

/** What the learning tried. */
export function describeExercised(given: Exercised): string[] {
  const { run, ready, commands } = given;
  const checks = Object.entries(run.checks).filter(([, { ok }]) => ok);
  return [
    `its start: ${ready}`,
    ...checks.map(([id]) => `check ${id}`),
    ...commands.map((command) => `command ${command}`),
    ...(run.reload === "" ? ["its reload"] : []),
    "its stop",
  ];
}

/** What the learning did not try, said plainly: nothing is known of it. */
export function describeNotExercised(given: Exercised): string[] {
  const { run, trace, ports, asked, commands, jobs, standIns, notEnforced } = given;
  const bad = Object.entries(run.checks).filter(([, { ok }]) => !ok);
  const silent = ports.filter((port) => !asked.some((one) => one.includes(String(port))));
  return [
    ...(commands.length === 0
      ? ["no command exercised it (--exercise): what it does only when it is asked to was not seen"]
      : []),
    ...bad.map(([id, { says }]) => `check ${id}: without a sandbox, too, it says: ${says}`),
    ...(commands.length === 0 ? silent.map((port) => `port ${port}: nothing connected to it`) : []),
    ...(trace === null
      ? [
          "which system calls it makes: strace is not installed or could not watch it, so what it was denied shows only where it breaks",
        ]
      : []),
    ...(trace?.reached ?? []).map(
      (address) =>
        `${address}: it cannot be reached from a host without network, so what comes after is not known`,
    ),
    ...(given.reload && run.reload !== ""
      ? [`its reload: without a sandbox, too, it fails: ${run.reload ?? "it was not tried"}`]
      : []),
    ...(run.stop === "success" || run.stop === ""
      ? []
      : [`its stop ends with "${run.stop}" without a sandbox, too`]),
    ...jobs.map((job) => `job ${job}: it is a program of its own, and was not run`),
    ...standIns.map((what) => `${what} had a stand-in of the same shape instead of its value`),
    ...given.unusedPlaces.map((path) => `${path}: nothing was written there; it stays writable`),
    ...notEnforced.map((key) => `${key}= is not enforced on this machine: it rests on what was seen alone`),
    `it ran for ${given.seconds} s at a time: what it does once an hour or once a day was not seen`,
    "code that did not run, such as the handling of rare errors",
  ];
}
