import type { Directive } from "../compile/artifact.ts";
import { sandboxKeys } from "../observe/checks/sandbox.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import type { Progress } from "../report/progress.ts";
import { printable } from "../value/printable.ts";
import {
  callsToWatch,
  deniableGroups,
  fixedSettings,
  laddersOf,
  makeCandidates,
  settingsOf,
  type Setting,
} from "./candidates.ts";
import { changedFiles } from "./changed-files.ts";
import { describeLearned, type LearnedLine } from "./learned.ts";
import { runOnce, type Trial } from "./run-once.ts";
import { findTightest, type Choice, type Found } from "./search.ts";
import { readTrace, type TraceFacts } from "./trace.ts";
import { expectationOf, whatBroke, withSecond, type Expected, type RunFacts } from "./verdict.ts";
import { undeclaredPlaces, type WrittenPlace } from "./written-places.ts";

export type LearnInput = {
  trial: Trial;
  /** The sandbox of the strict preset for this service. */
  preset: readonly Directive[];
  systemd: number;
  /** Where it may write by its own declaration, absolute. */
  declared: readonly string[];
  /** Its program and scripts. */
  programs: readonly string[];
  /** Where its account is at home. */
  homes: readonly string[];
  progress: Progress;
};

export type Learned = {
  /** The run without a sandbox. */
  baseline: RunFacts;
  trace: TraceFacts | null;
  places: readonly WrittenPlace[];
  lines: readonly LearnedLine[];
  settings: readonly Setting[];
  probes: number;
  flaky: readonly string[];
};

const second = 1000;
/** How long a run is looked at in the search; the last run is looked at for as long as the service's own settling time. */
const shortSettle = 400;

/** Learns what a service needs: without a sandbox first, then watched by strace, then by search. */
export async function learn(input: LearnInput): Promise<Learned> {
  const { progress } = input;
  const step = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    progress.begin(what);
    const done = await work();
    progress.end("done");
    return done;
  };
  const began = Math.floor(Date.now() / 1000);
  const baseline = await step("Run it without a sandbox", () => runBaseline(input.trial));
  const trial = patientTrial(input.trial, baseline);
  const expected = await step("Run it again, to see what differs by itself", () =>
    expectAfterSecond(trial, expectationOf(baseline)),
  );
  const groups = await readGroups(trial);
  const traces = (await input.trial.context.host.files.stat("/usr/bin/strace")) !== null;
  const trace = traces
    ? await step("Run it under strace, without a sandbox", () => watch(trial, expected, groups))
    : null;
  const { host, desired } = trial.context;
  const written = trace?.written ?? (await changedFiles(host, [desired.directory, ...input.homes], began));
  const places = undeclaredPlaces(written, input.declared).map(({ path, why }) => {
    const own = input.programs.some((program) => program.startsWith(`${path}/`));
    return { path, why: own ? `${why}; its own code lies there, too, and is writable by this` : why };
  });
  const { candidates, notTried } = makeCandidates({
    preset: input.preset,
    trace,
    groups,
    systemd: input.systemd,
    ports: trial.service.ports,
    writable: [...input.declared, ...places.map(({ path }) => path)],
    programs: [...input.programs, ...(trace?.ran ?? [])],
  });
  const fixed: Setting[] = [
    ...fixedSettings(input.preset),
    ...places.map(({ path }): Setting => ["ReadWritePaths", `-${path}`]),
  ];
  const settings = (choice: Choice): Setting[] => [...fixed, ...settingsOf(candidates, choice)];
  const searchWith = (settle: number): Promise<Found<string>> =>
    findTightest({
      ladders: laddersOf(candidates),
      suspects: new Set(candidates.filter(({ suspect }) => suspect !== null).map(({ id }) => id)),
      probe: async (choice) => {
        const on = candidates.filter(({ id, ways }) => choice.get(id)! < ways.length).length;
        const patience = { ...trial.patience, settle };
        progress.begin(`Try ${on} of ${candidates.length} directives`);
        const { facts } = await runOnce({ ...trial, patience }, settings(choice));
        const why = whatBroke(facts, expected);
        progress.end(why === null ? "done" : short(why));
        return why === null ? { passed: true } : { passed: false, why };
      },
    });
  const last = Math.min(input.trial.service.gate.settle, 10 * second);
  let found = await searchWith(Math.min(shortSettle, Math.max(last, 100)));
  let probes = found.probes;
  const finish = async (): Promise<string | null> => {
    const patience = { ...trial.patience, settle: Math.max(last, second) };
    probes += 1;
    const { facts } = await runOnce({ ...trial, kills: false, patience }, settings(found.choice));
    return whatBroke(facts, expected);
  };
  let broke = await step("Run what was found for longer", finish);
  if (broke !== null) {
    // What breaks late was not seen in the short runs: all of them again, each as long as this one.
    progress.begin(`It broke later (${short(broke)}): search again with longer runs`);
    progress.end("done");
    found = await searchWith(Math.max(last, second));
    probes += found.probes;
    broke = await step("Run what was found for longer", finish);
    if (broke !== null) throw unstable(trial.service.name, broke);
  }
  return {
    baseline,
    trace,
    places,
    lines: describeLearned(candidates, notTried, found),
    settings: settings(found.choice),
    probes: probes + (traces ? 3 : 2),
    flaky: found.failures.filter(({ flaky }) => flaky).map(({ id, why }) => `${id}= broke once: ${why}`),
  };
}

/** The sandbox of a unit, apart from the rest of it. */
export function sandboxOf(directives: readonly Directive[]): Directive[] {
  return directives.filter(({ section, key }) => section === "Service" && sandboxKeys.has(key));
}

async function runBaseline(trial: Trial): Promise<RunFacts> {
  const { facts } = await runOnce(trial, []);
  const trouble = facts.start ?? facts.ended;
  if (trouble === null) return facts;
  const lines = facts.output.trim().split("\n").slice(-8);
  throw new HoldfastError({
    severity: "error",
    code: "harden/does-not-run",
    summary: `Cannot learn what service "${trial.service.name}" needs: it does not run without a sandbox, either: ${trouble}`,
    detail:
      facts.output.trim() === ""
        ? "it wrote nothing"
        : `its last lines:\n${lines.map((line) => `  ${printable(line)}`).join("\n")}`,
    fix: "see that it runs; on the throwaway host it has no network and no devices, and stand-ins instead of its secrets",
  });
}

/** The search takes for granted that a run without a sandbox is good: shown before anything is blamed on a directive. */
async function expectAfterSecond(trial: Trial, expected: Expected): Promise<Expected> {
  const { facts } = await runOnce(trial, []);
  const both = withSecond(expected, facts);
  const broke = whatBroke(facts, both);
  if (broke === null) return both;
  throw new HoldfastError({
    severity: "error",
    code: "harden/unstable",
    summary: `Cannot learn what service "${trial.service.name}" needs: of two runs without a sandbox, the second was worse: ${broke}`,
    fix: "see that it can be started again and again; what it keeps from run to run lies in its directories",
  });
}

/** How long each run may take, from how long the first one took; a stop that takes long is not waited for each time. */
function patientTrial(trial: Trial, baseline: RunFacts): Trial {
  const slow = baseline.readyAfter * 2 + 2 * second;
  const good = Object.values(baseline.checks).filter(({ ok }) => ok).length;
  return {
    ...trial,
    checks: trial.checks.filter(({ id }) => baseline.checks[id]?.ok),
    reload: baseline.reload === "",
    kills: baseline.stopTook > 2 * second,
    patience: {
      ready: Math.min(trial.patience.ready, slow),
      checks: good === 0 ? 0 : Math.min(trial.patience.checks, slow),
      settle: shortSettle,
    },
  };
}

/** null when the program does not run under strace. */
async function watch(
  trial: Trial,
  expected: Expected,
  groups: ReadonlyMap<string, readonly string[]>,
): Promise<TraceFacts | null> {
  const calls = callsToWatch(groups);
  // A traced program is slower, and shows more when it is given a moment.
  const patience = {
    ready: trial.patience.ready * 4,
    checks: trial.patience.checks * 4,
    settle: second,
  };
  const { facts, trace } = await runOnce({ ...trial, patience }, [], { calls });
  const ran = facts.start === null && facts.ended === null;
  return trace === null || trace === "" || (!ran && whatBroke(facts, expected) !== null)
    ? null
    : readTrace(trace);
}

/** The calls of each group that could be denied, as this systemd knows them. */
async function readGroups(trial: Trial): Promise<Map<string, readonly string[]>> {
  const { host } = trial.context;
  const result = await host.run([
    "/usr/bin/systemd-analyze",
    "--no-pager",
    "syscall-filter",
    ...deniableGroups,
  ]);
  const groups = new Map<string, string[]>();
  let calls: string[] = [];
  for (const line of result.stdout.split("\n")) {
    const name = /^(@\S+)/.exec(line)?.[1];
    if (name !== undefined) groups.set(name, (calls = []));
    else if (/^\s+[a-z]\w*$/.test(line)) calls.push(line.trim());
  }
  return groups;
}

function unstable(service: string, broke: string): HoldfastError {
  return new HoldfastError({
    severity: "error",
    code: "harden/unstable",
    summary: `Cannot find a sandbox for service "${service}": what was found broke when it ran for longer: ${broke}`,
    fix: "run it again on a machine that is less busy, with an --exercise that shows the breakage early",
  });
}

function short(text: string): string {
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
