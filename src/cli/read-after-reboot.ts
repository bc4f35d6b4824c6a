import { readFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { isLingering } from "../host/lingering.ts";
import { limitOf, textOf } from "../host/properties.ts";
import { recordMissed } from "../observe/record-missed.ts";
import { Inside } from "../rehearse/inside/client.ts";
import type { AfterReboot, BeforeReboot } from "../rehearse/drill/judge-reboot.ts";
import type { DesiredService } from "../plan/desired.ts";
import type { Generation } from "../store/generations.ts";
import { holdfastProgram, type Session } from "./session.ts";

export const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

const bootedAt = (): number => Date.now() - Number.parseFloat(readFileSync("/proc/uptime", "utf8")) * 1000;

/** What is to be the same after a restart of the machine. */
export async function readBeforeReboot(session: Session, { desired }: Generation): Promise<BeforeReboot> {
  const { systemd } = await session.host();
  const services: string[] = [];
  for (const { name, unit, job } of desired.services)
    if (job === null && (await systemd.unitFileState(unit)) === "enabled") services.push(name);
  const timers: string[] = [];
  for (const { job, unit } of desired.timers)
    if (textOf(await systemd.properties(unit, ["ActiveState"]), "ActiveState") === "active") timers.push(job);
  const lastRun = session.record()!.runs.latest(desired.app, null, 1)[0]?.id ?? 0;
  return { boot: bootId(), services, timers, lastRun };
}

/** What is so now. Slots that passed while the machine was away are put on record first, as the timer of the application does it. */
export async function readAfterReboot(
  session: Session,
  generation: Generation,
  { lastRun }: BeforeReboot,
): Promise<AfterReboot> {
  const { desired } = generation;
  const host = await session.host();
  const record = session.writableRecord();
  const now = Date.now();
  const at = bootedAt();
  const { files } = host;
  const { stateDirectory } = session;
  await recordMissed(desired.app, generation, {
    ...record,
    files,
    stateDirectory,
    now,
    boot: bootId(),
    bootedAt: at,
  });
  const all = record.runs.latest(desired.app, null, 1000).filter(({ id }) => id > lastRun);
  const jobs = await Promise.all(
    desired.services
      .flatMap(({ job: rule }) => rule ?? [])
      .map(async (rule) => {
        const timer = desired.timers.find(({ job }) => job === rule.job);
        return {
          rule,
          timer: timer === undefined ? null : await readTimer(session, timer.unit),
          runs: all.filter(({ job }) => job === rule.job),
        };
      }),
  );
  const own = desired.timers.filter(({ job }) => !jobs.some(({ rule }) => rule.job === job));
  return {
    bootedAt: at,
    own: await Promise.all(
      own.map(async ({ job, unit }) => ({ name: job, armed: (await readTimer(session, unit)).armed })),
    ),
    services: await readServices(session, generation),
    jobs,
    lingering: session.scope === "user" ? await isLingering(host) : null,
  };
}

async function readTimer(session: Session, unit: DesiredService["unit"]) {
  const { systemd } = await session.host();
  const found = await systemd.properties(unit, ["ActiveState", "NextElapseUSecRealtime"]);
  const next = limitOf(found, "NextElapseUSecRealtime");
  return {
    armed: textOf(found, "ActiveState") === "active",
    enabled: (await systemd.unitFileState(unit)) === "enabled",
    next: next === null || next === 0 ? null : new Date(next / 1000).toISOString(),
  };
}

async function readServices(session: Session, { desired }: Generation): Promise<AfterReboot["services"]> {
  const { systemd } = await session.host();
  const inside = new Inside(
    { spawn: async ([program, ...words]) => spawn(program!, words, { stdio: ["pipe", "pipe", "pipe"] }) },
    holdfastProgram(),
  );
  try {
    const found: AfterReboot["services"][number][] = [];
    for (const { name, unit, gate, job } of desired.services) {
      if (job !== null) continue;
      const seen = await systemd.properties(unit, ["ActiveState", "ActiveEnterTimestamp"]);
      const state = textOf(seen, "ActiveState");
      const since = limitOf(seen, "ActiveEnterTimestamp");
      const ready = state === "active" && (await inside.ready(gate, desired.user, desired.directory)).ok;
      found.push({ name, state, ready, readyAt: since === null || since === 0 ? null : since / 1000 });
    }
    return found;
  } finally {
    await inside.close();
  }
}
