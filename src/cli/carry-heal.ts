import { carryHeal, type Carried } from "../apply/heal.ts";
import { endHeal } from "../apply/heal-record.ts";
import { pause } from "../apply/pause.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { takeHealLock, type Lock } from "../store/lock.ts";
import type { HealRow } from "../heal/heal-row.ts";
import { makeHealTools } from "./heal-tools.ts";
import { interruptible } from "./interruptible.ts";
import type { Session } from "./session.ts";

/** How long a heal that has stopped its service waits for somebody's command to come to its end, and how often it looks. */
const mostToWait = 15 * 60_000;
const betweenLooks = 500;

/**
 * holdfast carry-heal: started by whoever watches. Carries out a heal that is on record, from where it was cut short; may be
 * started again for the same heal at any time. Exit code 0: it has ended, or is ready and to be proven; 1: it has failed;
 * 11: it is put off, and to be started again.
 */
export async function runCarryHeal(session: Session, id: number): Promise<number> {
  const row = session.record()?.watch.heals.get(id) ?? null;
  if (row === null)
    throw new HoldfastError(
      { severity: "error", code: "usage/unknown-heal", summary: `Cannot find heal ${id} on record` },
      exitCode.usage,
    );
  if (row.finished !== null || row.step === "prove") return exitCode.done;
  return interruptible(async (signal) => {
    let lock: Lock | null = null;
    try {
      const taken = await lockOrPutOff(session, row, signal);
      if (!("release" in taken)) return taken.exit;
      lock = taken;
      const carried = await carryOn(session, row, signal);
      return carried.state === "ended" && carried.outcome === "failed" ? exitCode.failed : exitCode.done;
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      session.out.diagnose(error.diagnostics);
      return exitCode.locked;
    } finally {
      lock?.release();
    }
  });
}

/** Carries out a heal whose lock is held. */
export async function carryOn(session: Session, row: HealRow, signal: AbortSignal): Promise<Carried> {
  const record = session.writableRecord();
  const generation = await session.currentGeneration(row.app);
  const service = generation?.desired.services.find((one) => one.name === row.service && one.job === null);
  if (!generation || !service) {
    const detail = `"${row.app}" has no service "${row.service}" any more`;
    endHeal(record.watch, row.id, Date.now(), "superseded", detail);
    return { state: "ended", outcome: "superseded", detail };
  }
  const { desired } = generation;
  const host = await session.host();
  const now = (): Date => new Date();
  const context = { host, desired, progress: session.out.progress(), signal, now, began: now() };
  const tools = makeHealTools({ host, stateDirectory: session.stateDirectory, desired, service }, record);
  const carried = await carryHeal(context, row.id, tools);
  if (carried.state === "proving") record.records.closeGiveUps(row.unit, row.who, now().toISOString());
  return carried;
}

/**
 * Nobody changes the application during a heal. A heal that has not stopped anything yet gives way to who does; one that has
 * waits, because what it stopped must be started again.
 */
async function lockOrPutOff(
  session: Session,
  row: HealRow,
  signal: AbortSignal,
): Promise<Lock | { exit: number }> {
  const { watch } = session.writableRecord();
  const begun = row.step !== null && row.step !== "evidence" && row.step !== "run-first";
  for (const deadline = Date.now() + mostToWait; ;) {
    try {
      return lockForHeal(session, row, `carry-heal ${row.id}`);
    } catch (error) {
      if (!(error instanceof HoldfastError) || error.exitCode !== exitCode.locked) throw error;
      if (begun && Date.now() < deadline) {
        await pause(betweenLooks, signal);
        continue;
      }
      session.out.diagnose(error.diagnostics);
      // Somebody else carries out a heal of the same service, perhaps this one.
      if (begun || error.diagnostics[0]?.code === "heal/under-way") return { exit: exitCode.locked };
      endHeal(watch, row.id, Date.now(), "superseded", error.message);
      return { exit: exitCode.done };
    }
  }
}

export function lockForHeal(
  session: Session,
  { app, service, who }: Pick<HealRow, "app" | "service" | "who">,
  command: string,
): Lock {
  return takeHealLock(session.stateDirectory, app, service, {
    who,
    command: `holdfast ${command}`,
    pid: process.pid,
    since: new Date().toISOString(),
  });
}
