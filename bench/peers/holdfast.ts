import { resolve } from "node:path";
import { until } from "../../src/host/throwaway/until.ts";
import { descendants } from "../processes.ts";
import { readRecord } from "../record.ts";
import type { Bench } from "./bench.ts";
import { closeTrials, type Installed, type Peer } from "./peer.ts";
import { serviceNames, spec } from "./spec.ts";
import { unitPid } from "./supervisor-unit.ts";

const holdfast = resolve(import.meta.dirname, "../../bin/holdfast");
const patience = 60_000;
const freezes = 50;

/** Both signs of life at once, as a careful user has them, and limits that as many crashes do not reach. */
export const watched = [
  "grace: 1s",
  "health: [{ beat: { within: 5s } }, { log: { fresh: 5s } }]",
  "heal: { limit: 10000 per 1h, crashes: 10000 per 1h, proof: 10s }",
];

/** Holdfast as a user has it: one spec, applied; the agent comes with it. It notices freezes by a heartbeat here. */
export const holdfastPeer: Installed = (bench) => ({
  ...common(bench, "beat: { within: 5s }", "beaten"),
  trials: { frozen: freezes, rounds: 1, crashes: closeTrials },
  start: (count) => applied(bench, "held", count, watched),
  resident: "the agent and its journalctl; the journal of the apps comes on top, as below",
  daemons: async () => descendants(bench.host, await unitPid(bench, "holdfast-agent")),
});

/** The same agent, which notices freezes by the silence of the log, as Monit and the shell script do. */
export const holdfastByLog: Installed = (bench) => ({
  ...common(bench, "log: { fresh: 5s }", "logged"),
  trials: { frozen: freezes, rounds: 1, crashes: 0 },
  start: async () => [],
  resident: "",
  daemons: async () => [],
});

/**
 * A check that has failed is good again only after a minute, so each freeze has its own service. Nothing is healed there:
 * fifty restarts at once would disturb everybody else.
 */
function common(
  bench: Bench,
  check: string,
  app: string,
): Omit<Peer, "trials" | "start" | "resident" | "daemons"> {
  return {
    name: "Holdfast",
    setting: check,
    cycle: 0,
    patience,
    startToFreeze: () =>
      applied(bench, app, freezes, ["grace: 1s", `health: [{ ${check} }]`, "heal: { do: alert-only }"]),
    pid: (unit) => unitPid(bench, unit),
    state: async (unit) => (await bench.host.run(["systemctl", "is-active", unit])).stdout.trim(),
    waitDetected: (unit, frozenAt) => until(() => firstFailure(bench, unit, frozenAt), patience, 250),
    stop: async () => void (await bench.run("systemctl", "stop", `${app}-*.service`, "held-*.service")),
  };
}

async function applied(
  bench: Bench,
  app: string,
  count: number,
  more: readonly string[],
): Promise<readonly string[]> {
  const file = `/root/${app}.yaml`;
  await bench.host.write(file, spec(bench, app, count, more));
  await bench.run(holdfast, "--file", file, "apply");
  const units = serviceNames(count).map((service) => `${app}-${service}`);
  for (const unit of units) await bench.startAfter(unit, 0, 20_000);
  return units;
}

/** When the agent recorded the failing check, read from its own record. */
async function firstFailure(bench: Bench, unit: string, since: number): Promise<number | null> {
  const found = (await failures(bench)).filter((failure) => failure.unit === unit && failure.at > since);
  return found.length === 0 ? null : Math.min(...found.map(({ at }) => at));
}

type Failure = { unit: string; at: number };
const asked = new WeakMap<Bench, { at: number; failures: Promise<readonly Failure[]> }>();

/** One question for all who wait, once a second: asking must not be what keeps the agent from looking. */
function failures(bench: Bench): Promise<readonly Failure[]> {
  const known = asked.get(bench);
  if (known && performance.now() - known.at < 1000) return known.failures;
  const failures = readFailures(bench);
  asked.set(bench, { at: performance.now(), failures });
  return failures;
}

async function readFailures(bench: Bench): Promise<readonly Failure[]> {
  const rows = await readRecord(
    bench.host,
    "SELECT app || '-' || service, at FROM events WHERE kind = 'check-failing'",
  );
  return rows.map(([unit, at]) => ({ unit: String(unit), at: Number(at) }));
}
