import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { until } from "../../src/host/throwaway/until.ts";
import type { Bench } from "./bench.ts";
import { closeTrials, type Installed } from "./peer.ts";
import { serviceNames, spec } from "./spec.ts";
import { unitPid } from "./supervisor-unit.ts";

const holdfast = resolve(import.meta.dirname, "../../bin/holdfast");
const patience = 60_000;

/** The same sign of life that Monit and the shell script go by, and limits that fifty freezes and as many crashes do not reach. */
const watched = [
  "grace: 1s",
  "health: [{ log: { fresh: 5s } }]",
  "heal: { limit: 10000 per 1h, crashes: 10000 per 1h, proof: 10s }",
];

/** Holdfast as a user has it: one spec, applied; the agent comes with it. */
export const holdfastPeer: Installed = (bench) => {
  const state = async (app: string) => (await bench.host.run(["systemctl", "is-active", app])).stdout.trim();
  // Until the agent is part of the program, only what systemd does for an applied unit can be measured.
  const hasAgent = /^ +agent\b/m.test(spawnSync(holdfast, ["--help"], { encoding: "utf8" }).stdout);
  return {
    name: "Holdfast",
    setting: hasAgent ? "log: { fresh: 5s }" : "this checkout has no agent yet",
    cycle: 0,
    trials: { frozen: hasAgent ? 10 : 3, rounds: hasAgent ? 5 : 1, crashes: closeTrials },
    patience,
    async start(count) {
      await bench.host.write("/root/held.yaml", spec(bench, "held", count, hasAgent ? watched : []));
      await bench.run(holdfast, "--file", "/root/held.yaml", "apply");
      const apps = serviceNames(count).map((service) => `held-${service}`);
      for (const app of apps) await bench.startAfter(app, 0, 20_000);
      return apps;
    },
    pid: (app) => unitPid(bench, app),
    state,
    waitDetected: (app, frozenAt) =>
      until(() => hasAgent && firstFailure(bench, app.replace("held-", ""), frozenAt), patience, 250),
    resident: "the agent; the journal of the apps comes on top, as below",
    daemons: async () => (hasAgent ? [await unitPid(bench, "holdfast-agent")] : []),
    stop: async () => void (await bench.run("systemctl", "stop", "held-*.service")),
  };
};

/** When the agent recorded the failing check, read from its own record. */
function firstFailure(bench: Bench, service: string, since: number): number | null {
  using record = new DatabaseSync(join(bench.host.root, "var/lib/holdfast/holdfast.db"), { readOnly: true });
  const row = record
    .prepare(
      "SELECT min(at) AS at FROM events WHERE app = 'held' AND service = ? AND kind = 'check-failing' AND at > ?",
    )
    .get(service, since);
  return (row?.["at"] as number | null) ?? null;
}
