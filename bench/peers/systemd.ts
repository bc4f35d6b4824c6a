import { resolve } from "node:path";
import { until } from "../../src/host/throwaway/until.ts";
import type { Bench } from "./bench.ts";
import { watched } from "./holdfast.ts";
import { closeTrials, type Installed, type Peer } from "./peer.ts";
import { serviceNames, spec } from "./spec.ts";
import { unitPid } from "./supervisor-unit.ts";
import { untilStateIsNot } from "./watch-state.ts";

const holdfast = resolve(import.meta.dirname, "../../bin/holdfast");

/** systemd alone, with the very text that Holdfast writes: the difference between the two is Holdfast. */
export const systemdSameUnit: Installed = (bench) => {
  const patience = 60_000;
  const common = systemdPeer(bench, "bare");
  return {
    ...common,
    resident: "the journal of the 10 apps; PID 1 not counted",
    daemons: async () => [await unitPid(bench, "systemd-journald@bare")],
    setting: "Holdfast's unit text, without Holdfast",
    trials: { frozen: 3, rounds: 1, crashes: closeTrials },
    patience,
    async start(count) {
      const file = "/root/bare.yaml";
      await bench.host.write(file, spec(bench, "bare", count, watched));
      const compiled = await bench.run(holdfast, "--file", file, "compile");
      for (const part of compiled.split(/^# (?=\/etc\/)/m)) {
        const [path = "", ...lines] = part.split("\n");
        if (!/\/bare-a\d+\.service$/.test(path)) continue;
        await bench.host.write(path, lines.filter((line) => !line.startsWith("OnFailure=")).join("\n"));
      }
      return startAll(
        bench,
        serviceNames(count).map((service) => `bare-${service}`),
      );
    },
    waitDetected: (app) => untilStateIsNot("active", () => common.state(app), { patience, interval: 1000 }),
  };
};

/** systemd alone as its manual has it, for an app that beats. */
export const systemdWatchdog: Installed = (bench) => {
  const patience = 20_000;
  return {
    ...systemdPeer(bench, "beats"),
    resident: "",
    daemons: async () => [],
    setting: "a short unit, WatchdogSec=5s, the app beats",
    trials: { frozen: 10, rounds: 1, crashes: 30 },
    patience,
    async start(count) {
      const names = Array.from({ length: count }, (_, index) => `beats-${index}`);
      for (const name of names) {
        await bench.host.write(
          `/etc/systemd/system/${name}.service`,
          `[Unit]\nStartLimitIntervalSec=0\n\n[Service]\nExecStart=${bench.command(name).join(" ")}\n` +
            "Restart=on-failure\nRestartSec=100ms\nWatchdogSec=5s\n",
        );
      }
      return startAll(bench, names);
    },
    waitDetected: (app, frozenAt) =>
      until(() => firstEntry(bench, app, "Watchdog timeout", frozenAt), patience, 500),
  };
};

function systemdPeer(
  bench: Bench,
  prefix: string,
): Pick<Peer, "name" | "cycle" | "pid" | "stop"> & { state: (app: string) => Promise<string> } {
  return {
    name: "systemd",
    cycle: 0,
    pid: (app) => unitPid(bench, app),
    state: async (app) => (await bench.host.run(["systemctl", "is-active", app])).stdout.trim(),
    stop: async () => void (await bench.run("systemctl", "stop", `${prefix}-*.service`)),
  };
}

async function startAll(bench: Bench, names: readonly string[]): Promise<readonly string[]> {
  await bench.run("systemctl", "daemon-reload");
  await bench.run("systemctl", "start", ...names);
  return names;
}

/** When the journal first said something of a unit. */
async function firstEntry(bench: Bench, unit: string, words: string, since: number): Promise<number | null> {
  const argv = [
    "journalctl",
    "-q",
    "-o",
    "json",
    `--since=@${Math.floor(since / 1000)}`,
    "-u",
    unit,
    "-g",
    words,
  ];
  const { stdout } = await bench.host.run(argv);
  const times = stdout
    .split("\n")
    .flatMap((line) => (line ? [JSON.parse(line)["__REALTIME_TIMESTAMP"] / 1000] : []));
  return times.find((time) => time > since) ?? null;
}
