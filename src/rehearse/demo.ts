import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Host, RunResult } from "../host/host.ts";
import { openLocalHost } from "../host/local.ts";
import { numberOf, textOf } from "../host/properties.ts";
import { bootThrowawayHost, type ThrowawayHost } from "../host/throwaway/throwaway.ts";
import type { Style } from "../report/style.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import { unitName } from "../value/unit-name.ts";
import { chooseFaults } from "./faults.ts";
import { rehearse, type Report } from "./rehearse.ts";
import { describeReport } from "./report/text.ts";

/** What the demo tells while it goes on: the heading of a scene, then what happened in it. */
export type Narrator = { scene(title: string): void; text(text: string): void; style: Style };

export type DemoResult = {
  bootMillis: number;
  applyMillis: number;
  killedPid: number;
  newPid: number;
  backMillis: number;
  doctor: unknown;
  rehearsal: Report;
  totalMillis: number;
};

/** What the demo rehearses: quick, and one that this spec does not promise. */
const rehearsed = [
  "crash",
  "crash-group",
  "freeze",
  "deaf",
  "memory",
  "tasks",
  "disk-full",
  "port-taken",
  "env-file-missing",
  "credential-missing",
];

const bot = unitName("polybot-bot.service");

/** The main job on a throwaway copy of this machine: apply an example, kill it, see it come back, check every promise. */
export async function demonstrate(
  checkout: string,
  narrator: Narrator,
  signal: AbortSignal,
): Promise<DemoResult> {
  const began = performance.now();
  narrator.scene("Boot a throwaway copy of this machine: a real systemd, no network, nothing is kept");
  const host = await bootThrowawayHost({ visible: [checkout], hostname: "throwaway" });
  const stop = () => void host.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    narrator.text(
      `up in ${seconds(host.bootMillis)}, ${(await host.run(["systemctl", "--version"])).stdout.split("\n")[0]}, ${host.state}`,
    );
    const systemd = await openLocalHost("system", { busPath: host.bus });
    const played = await playAndClose(host, systemd, checkout, narrator);
    const { bootMillis } = host;
    await host.destroy();
    const rehearsal = await proof(checkout, narrator, signal);
    return { ...played, rehearsal, bootMillis, totalMillis: performance.now() - began };
  } finally {
    signal.removeEventListener("abort", stop);
    await host.destroy();
  }
}

async function playAndClose(host: ThrowawayHost, outside: Host, checkout: string, narrator: Narrator) {
  try {
    return await play(host, outside, checkout, narrator);
  } finally {
    await outside.close();
  }
}

async function play(
  host: ThrowawayHost,
  outside: Host,
  checkout: string,
  narrator: Narrator,
): Promise<Omit<DemoResult, "bootMillis" | "totalMillis" | "rehearsal">> {
  const example = join(checkout, "examples/polybot");
  const holdfast = (...args: string[]) =>
    host.run([join(checkout, "bin/holdfast"), ...args], { timeout: 60_000 });

  narrator.scene("Put a program there: a small trading bot and a stub of its market");
  narrator.text(expectDone(await host.run(["sh", join(example, "prepare.sh"), "/opt/polybot"])).trim());

  narrator.scene("holdfast apply --env demo    (examples/polybot/holdfast.yaml)");
  const applying = performance.now();
  const applied = await holdfast("--file", join(example, "holdfast.yaml"), "--env", "demo", "apply");
  expectDone(applied);
  const applyMillis = performance.now() - applying;
  narrator.text(applied.stderr.replaceAll(`${example}/`, "").trimEnd());
  narrator.text(`${applied.stdout.split("\n")[0]} It took ${seconds(applyMillis)}.`);

  const killed = await mainPid(outside);
  narrator.scene(`Kill the bot: kill -9 ${killed}`);
  const at = performance.now();
  await outside.systemd.kill(bot, 9, "main");
  const newPid = await backAgain(outside, killed);
  const backMillis = performance.now() - at;
  narrator.text(
    `back after ${seconds(backMillis)} as process ${newPid}; the pause between restarts is 1 s in this environment, 30 s in the real one`,
  );

  narrator.scene("holdfast status");
  narrator.text(expectDone(await holdfast("status")).trimEnd());

  narrator.scene(
    "holdfast doctor    (the checklist of the bot's README, as live checks of what is in force)",
  );
  const doctor = await holdfast("doctor", "--json");
  narrator.text((await holdfast("doctor")).stdout.trimEnd());
  return { applyMillis, killedPid: killed, newPid, backMillis, doctor: JSON.parse(doctor.stdout) as unknown };
}

/** The same application on a fresh copy, broken in ten ways. */
async function proof(checkout: string, narrator: Narrator, signal: AbortSignal): Promise<Report> {
  narrator.scene("holdfast rehearse bot    (a fresh copy; ten ways to break it)");
  const example = join(checkout, "examples/polybot");
  const file = join(example, "holdfast.yaml");
  const text = await readFile(file, "utf8");
  const { spec } = parseSpec(text, file, { environment: "demo" });
  const report = await rehearse({
    holdfast: join(checkout, "bin/holdfast"),
    checkout,
    file,
    text,
    spec: spec!,
    environment: "demo",
    realTime: false,
    grant: [],
    lower: "/",
    faults: chooseFaults(rehearsed),
    services: ["bot"],
    machine: "this machine",
    now: Date.now,
    progress: { begin: () => {}, end: () => {} },
    signal,
    prepare: async (host) =>
      void expectDone(await host.run(["sh", join(example, "prepare.sh"), "/opt/polybot"])),
  });
  narrator.text(describeReport(report, narrator.style));
  return report;
}

async function mainPid(host: Host): Promise<number> {
  return numberOf(await host.systemd.properties(bot, ["MainPID"]), "MainPID");
}

/** Waits for another main process than the killed one; throws when systemd gives up on it. */
async function backAgain(host: Host, killed: number): Promise<number> {
  const deadline = Date.now() + 15_000;
  while (Date.now() < deadline) {
    const found = await host.systemd.properties(bot, ["ActiveState", "MainPID"]);
    const pid = numberOf(found, "MainPID");
    if (textOf(found, "ActiveState") === "active" && pid !== 0 && pid !== killed) return pid;
    if (textOf(found, "ActiveState") === "failed") break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new HoldfastError({
    severity: "error",
    code: "demo/not-back",
    summary: "The bot did not come back after it was killed",
    fix: "this is a bug of holdfast or its example: please report it",
  });
}

function expectDone(result: RunResult): string {
  if (result.status === 0) return result.stdout;
  throw new HoldfastError({
    severity: "error",
    code: "demo/failed",
    summary: `A command of the demo ended with ${result.status ?? result.signal}`,
    detail: `${result.stdout}${result.stderr}`.trimEnd(),
  });
}

function seconds(millis: number): string {
  return `${(millis / 1000).toFixed(1)} s`;
}
