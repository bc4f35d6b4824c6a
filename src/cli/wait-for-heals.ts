import { setTimeout as pause } from "node:timers/promises";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { lastHolder, takeLock, type Lock, type LockHolder } from "../store/lock.ts";

/** A heal is bounded by the times that its service has to stop and to be ready. */
const longest = 5 * 60_000;
const between = 200;

/**
 * Takes the lock of an application. What another person runs is told at once; a heal of the agent comes to its end by
 * itself, and whoever types a command at three in the morning should not have to type it again.
 */
export async function takeLockAfterHeals(
  stateDirectory: string,
  app: string,
  holder: LockHolder,
  note: (text: string) => void,
): Promise<Lock> {
  const deadline = Date.now() + longest;
  for (let told = false; ; told = true) {
    try {
      return takeLock(stateDirectory, app, holder);
    } catch (error) {
      const isLocked = error instanceof HoldfastError && error.exitCode === exitCode.locked;
      const other = isLocked ? lastHolder(stateDirectory, app) : null;
      if (!other?.command.startsWith("holdfast carry-heal") || Date.now() > deadline) throw error;
      if (!told) note(`Waiting for a heal by the agent to end (since ${other.since}); Ctrl-C gives up`);
    }
    await pause(between);
  }
}
