import { dirname, join } from "node:path";
import type { ApplyContext } from "../apply/context.ts";
import { unlessInterrupted } from "../apply/pause.ts";
import {
  neverUsedName,
  removeRuntimeUnit,
  runtimeDirectory,
  runtimeUnitFile,
  writeRuntimeUnit,
} from "../apply/runtime-unit.ts";
import { waitReady } from "../apply/wait-ready.ts";
import type { Directive } from "../compile/artifact.ts";
import type { CheckRule, WatchRule } from "../compile/watch-rule.ts";
import { explainUnitFailure } from "../explain-failure/read-failure.ts";
import { textOf } from "../host/properties.ts";
import { readUnitFacts } from "../observe/probes/read-unit-facts.ts";
import { runChecks } from "../observe/probes/run-checks.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import { isRunning } from "../plan/host-state.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import { durationOf } from "../value/duration.ts";
import { printable } from "../value/printable.ts";
import { unitName, type UnitName } from "../value/unit-name.ts";
import type { Setting } from "./candidates.ts";
import { tryUnit } from "./try-unit.ts";
import type { RunFacts } from "./verdict.ts";

/** A service that is run again and again, and how it is exercised each time. */
export type Trial = {
  context: ApplyContext & { desired: Desired };
  service: DesiredService;
  directives: readonly Directive[];
  rule: WatchRule;
  checks: readonly CheckRule[];
  exercise: readonly (readonly string[])[];
  reload: boolean;
  kills: boolean;
  patience: Patience;
};

/** In milliseconds: until ready; until the checks are good; how long it must stay up after that. */
export type Patience = { ready: number; checks: number; settle: number };

export type OneRun = { facts: RunFacts; trace: string | null };

/** Runs the service once under these settings, exercises it, and stops it. Nothing is left behind. */
export async function runOnce(
  trial: Trial,
  settings: readonly Setting[],
  watch: { calls: readonly string[] } | null = null,
): Promise<OneRun> {
  const { host, signal } = trial.context;
  const unit = unitName(`${neverUsedName("harden")}.service`);
  const [output, trace] = ["out", "trace"].map((end) => join(runtimeDirectory(host), `${unit}.${end}`)) as [
    string,
    string,
  ];
  await host.files.write(output, "", { mode: 0o600 });
  // The service's account writes it, and makes nothing in this directory.
  if (watch) await host.files.write(trace, "", { mode: 0o666 });
  const text = tryUnit({
    ...trial,
    settings,
    output,
    trace: watch ? trace : null,
    calls: watch?.calls ?? [],
  });
  try {
    await writeRuntimeUnit(host, unit, text);
    const facts = await unlessInterrupted(live(trial, unit, settings), signal);
    const wrote = (await host.files.read(output)) ?? "";
    return {
      facts: { ...facts, output: wrote },
      trace: watch ? await host.files.read(trace) : null,
    };
  } finally {
    await removeRuntimeUnit(host, unit);
    for (const file of [output, trace]) await host.files.remove(file);
    await host.files.remove(join(dirname(runtimeUnitFile(host, unit)), unit));
  }
}

async function live(
  trial: Trial,
  unit: UnitName,
  settings: readonly Setting[],
): Promise<Omit<RunFacts, "output">> {
  const { host } = trial.context;
  const began = performance.now();
  const nothing = { ended: null, checks: {}, exercised: [], reload: null, stop: "", stopTook: 0 };
  const start = await startAndWait(trial, unit, settings);
  if (start !== null) return { ...nothing, start, readyAfter: performance.now() - began };
  const checks = await makeChecks(trial, unit);
  const readyAfter = performance.now() - began;
  const exercised = [];
  for (const argv of trial.exercise) exercised.push(await exerciseWith(trial, argv));
  await new Promise((resolve) => setTimeout(resolve, trial.patience.settle));
  const reload = trial.reload ? await tryReload(trial, unit) : null;
  const ended = await endOf(trial, unit);
  const stopping = performance.now();
  if (ended === null)
    await host.systemd.stop(unit, { timeout: trial.service.stopTimeout + 10_000 }).catch(() => {});
  const stopTook = performance.now() - stopping;
  const result = textOf(await host.systemd.properties(unit, ["Result"]), "Result");
  return { start, ended, checks, exercised, reload, stop: trial.kills ? "" : result, readyAfter, stopTook };
}

/** null when it is ready. */
async function startAndWait(
  trial: Trial,
  unit: UnitName,
  settings: readonly Setting[],
): Promise<string | null> {
  const { context, patience } = trial;
  const { host } = context;
  const gate = { ...trial.service.gate, within: durationOf(patience.ready), settle: durationOf(0) };
  const service = { ...trial.service, unit, gate };
  const result = await host.systemd.start(unit, { timeout: patience.ready + 10_000 }).catch(() => "timeout");
  if (result === "timeout") return `it did not start within ${Math.round(patience.ready / 1000)} s`;
  if (result !== "done") return (await endOf(trial, unit)) ?? `its start ended with "${result}"`;
  try {
    await waitReady({ ...context, desired: withSettings(trial, settings) }, service);
    return null;
  } catch (error) {
    if (!(error instanceof HoldfastError) || context.signal.aborted) throw error;
    const ended = await endOf(trial, unit);
    const said = error.diagnostics[0]!.summary.replace(/^Service "[^"]*" was/, "it was");
    return ended ?? said;
  }
}

/** What a readiness command runs in has to be the sandbox that is tried, too. */
function withSettings({ context, service, directives }: Trial, settings: readonly Setting[]): Desired {
  const sandbox = settings.map(([key, value]) => ({
    section: "Service",
    key,
    value,
    because: { rule: "tried" },
  }));
  const { desired } = context;
  return {
    ...desired,
    artifacts: desired.artifacts.map((one) =>
      one.service === service.name ? { ...one, directives: [...directives, ...sandbox] } : one,
    ),
  };
}

/** How it ended, in words; null while it runs. */
async function endOf({ context }: Trial, unit: UnitName): Promise<string | null> {
  const { host } = context;
  const found = await host.systemd.properties(unit, ["ActiveState"]);
  if (isRunning(textOf(found, "ActiveState"))) return null;
  return (await explainUnitFailure(host, unit)).sentence;
}

/** Until all are good, or the time is over: what a service shows right after its start may need a moment. */
async function makeChecks(trial: Trial, unit: UnitName): Promise<RunFacts["checks"]> {
  const { host, desired } = trial.context;
  if (trial.checks.length === 0) return {};
  const deadline = performance.now() + trial.patience.checks;
  const service = { ...trial.rule, unit };
  for (;;) {
    const facts = await readUnitFacts(host, unit);
    const found = await runChecks({
      host,
      watch: desired.watch,
      service,
      unit: facts,
      checks: trial.checks,
    });
    const checks = Object.fromEntries(
      [...found].map(([id, { result, says }]) => [id, { ok: result === "ok", says }] as const),
    );
    const good = Object.values(checks).every(({ ok }) => ok);
    if (good || facts.pid === null || performance.now() >= deadline) return checks;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function exerciseWith(
  { context }: Trial,
  argv: readonly string[],
): Promise<RunFacts["exercised"][number]> {
  const { host, desired } = context;
  const result = await host.run(["/usr/bin/env", `--chdir=${desired.directory}`, ...argv], {
    timeout: 30_000,
  });
  const last = `${result.stdout}\n${result.stderr}`.trim().split("\n").at(-1) ?? "";
  return {
    command: argv.join(" "),
    status: result.status,
    signal: result.signal,
    says: printable(last).slice(0, 200),
  };
}

async function tryReload({ context }: Trial, unit: UnitName): Promise<string> {
  const result = await context.host.systemd
    .reloadUnit(unit, { timeout: 20_000 })
    .catch((error) => String(error));
  return result === "done" ? "" : `systemd says "${result}"`;
}
