import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, release, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { bootThrowawayHost } from "../src/host/throwaway/throwaway.ts";
import { printRows, type Row } from "./measure.ts";
import { openBench } from "./peers/bench.ts";
import { crashInTurn, crashOverCycle, type Crashes, type Subject } from "./peers/crash.ts";
import { footprints } from "./peers/footprint.ts";
import { freezeTrials } from "./peers/freeze.ts";
import { holdfastByLog, holdfastPeer } from "./peers/holdfast.ts";
import { installMonit } from "./peers/monit.ts";
import { CannotInstall, type Installed, type Peer } from "./peers/peer.ts";
import { installPm2 } from "./peers/pm2.ts";
import { type Measured, crashRow, footprintRow, freezeRow } from "./peers/report.ts";
import { shellWatchdog } from "./peers/shell-watchdog.ts";
import { installSupervisord } from "./peers/supervisord.ts";
import { systemdSameUnit, systemdWatchdog } from "./peers/systemd.ts";

const checkout = resolve(import.meta.dirname, "..");
const contenders: Readonly<Record<string, (directory: string) => readonly Installed[]>> = {
  holdfast: () => [holdfastPeer, holdfastByLog],
  systemd: () => [systemdSameUnit, systemdWatchdog],
  pm2: (directory) => [installPm2(directory)],
  supervisord: (directory) => [installSupervisord(directory)],
  monit: (directory) => installMonit(directory, [1, 120]),
  watchdog: () => [shellWatchdog],
};

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    only: { type: "string", default: Object.keys(contenders).join(",") },
    window: { type: "string", default: "120" },
  },
});
const windowSeconds = Number(options.window);
const directory = mkdtempSync(join(tmpdir(), "holdfast-peers-"));
const missing: Row[] = [];
try {
  const measured = await measure(install(options.only.split(",")));
  if (options.json) printJson(measured);
  else print(measured);
} finally {
  rmSync(directory, { recursive: true });
}

/** Outside, where registries are; what cannot be had becomes a row that says why. */
function install(names: readonly string[]): Installed[] {
  return names.flatMap((name) => {
    const make = contenders[name];
    if (!make) throw new Error(`there is no peer "${name}"; there are ${Object.keys(contenders).join(", ")}`);
    try {
      say(`install ${name}`);
      return make(directory);
    } catch (error) {
      if (!(error instanceof CannotInstall)) throw error;
      missing.push({ what: name, measured: "not installed", target: error.message, met: null });
      return [];
    }
  });
}

/** All peers at the same time on the same host: what disturbs one disturbs all. */
async function measure(installed: readonly Installed[]): Promise<Measured[]> {
  await using host = await bootThrowawayHost({ visible: [checkout, directory] });
  const bench = await openBench(host);
  const subjects: Subject[] = [];
  for (const make of installed) {
    const peer = make(bench);
    say(`start 10 apps under ${peer.name}`);
    subjects.push({ peer, apps: await peer.start(10) });
  }
  await pause(5000);

  say(`memory and CPU over ${windowSeconds} s`);
  const prints = await footprints(
    bench,
    subjects.map(({ peer }) => peer),
    windowSeconds * 1000,
  );

  say("freezes");
  const toFreeze: (readonly string[])[] = [];
  for (const { peer, apps } of subjects)
    toFreeze.push((await peer.startToFreeze?.()) ?? apps.slice(0, peer.trials.frozen));
  await pause(5000);
  const freezes = await Promise.all(
    subjects.map(({ peer }, index) => freezeTrials(bench, peer, toFreeze[index]!, peer.trials.rounds)),
  );

  say("crashes");
  const isTold = ({ peer }: Subject) => peer.cycle === 0;
  const looks = subjects.filter((subject) => !isTold(subject));
  const [inTurn, ...overCycle] = await Promise.all([
    crashInTurn(bench, subjects.filter(isTold)),
    ...looks.map((subject) => crashOverCycle(bench, subject)),
  ]);
  const crashes = new Map<Peer, Crashes>([
    ...inTurn,
    ...looks.map(({ peer }, index) => [peer, overCycle[index]!] as const),
  ]);
  await bench.close();
  return subjects.map(({ peer }, index) => ({
    peer,
    footprint: prints.get(peer)!,
    freezes: freezes[index]!,
    crashes: crashes.get(peer)!,
  }));
}

function print(measured: readonly Measured[]): void {
  const whole = measured.filter(({ peer }) => peer.trials.crashes > 0);
  const pm2 = whole.find(({ peer }) => peer.name.startsWith("PM2"))?.footprint;
  const bare = measured.find(({ peer }) => peer.name === "systemd")?.crashes;
  console.log(
    `The same app under each, side by side on one host in this one run. Medians (least-most). ${process.version}, ${process.arch}.`,
  );
  printRows("Freeze (SIGSTOP) to detection, 5 s threshold where there is one", [
    ...measured.map(freezeRow),
    ...missing,
  ]);
  printRows("Crash (SIGKILL) to the first line of the new process", [
    ...whole.map((one) => crashRow(one, bare)),
    ...missing,
  ]);
  printRows(
    `The supervisor of 10 apps: RSS / PSS / anonymous, CPU from ${windowSeconds} s; Holdfast's PSS is to be below PM2's`,
    whole.map((one) => footprintRow(one, pm2)),
  );
}

function printJson(measured: readonly Measured[]): void {
  const peers = measured.map(({ peer, ...rest }) => ({ name: peer.name, setting: peer.setting, ...rest }));
  const machine = {
    node: process.version,
    arch: process.arch,
    kernel: release(),
    processors: availableParallelism(),
    load: loadavg(),
  };
  console.log(JSON.stringify({ machine, windowSeconds, peers, missing }, rounded, 2));
}

function say(what: string): void {
  process.stderr.write(`${what}\n`);
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Math.round(value * 100) / 100 : value;
}
