import { takeDrillLock } from "../store/lock.ts";
import { putBack } from "./clear-drill.ts";
import { armWatchman, disarmWatchman } from "./drill-watchman.ts";
import type { Session } from "./session.ts";

/**
 * Does what a drill does, so that nothing of it stays: it is on record from before its first act, and a timer of systemd clears up
 * after it within half a minute when it is killed; so does the next command that looks.
 */
export async function underDrill<T>(
  session: Session,
  { app, faults, services }: { app: string; faults: readonly string[]; services: readonly string[] },
  work: () => Promise<T>,
): Promise<T> {
  const at = Date.now();
  const since = new Date(at).toISOString();
  const holder = { who: session.who, command: `holdfast drill ${app}`, pid: process.pid, since };
  const lock = takeDrillLock(session.stateDirectory, app, holder);
  const host = await session.host();
  try {
    const { drills } = session.writableRecord();
    const drill = { app, at, who: session.who, faults, services, before: null };
    drills.begin(drill);
    await armWatchman(host, app);
    try {
      const result = await work();
      const { watch } = session.writableRecord();
      watch.spare(app, services, at, Date.now());
      drills.end(app);
      return result;
    } catch (error) {
      await putBack(session, drill);
      throw error;
    }
  } finally {
    await disarmWatchman(host, app);
    lock.release();
  }
}
