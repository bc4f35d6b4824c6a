import type { Host } from "../host/host.ts";
import type { Progress } from "../report/progress.ts";
import type { Changes } from "../store/changes.ts";
import { closeUndone, undo, type Outcome } from "./apply.ts";

export type Recovery = { started: string; who: string; purpose: string; outcome: Outcome };

/**
 * Finishes what a change that was cut short left behind: takes it back, and closes it. Called under the lock by every
 * command that may change the host, so after the next command the host is at one generation, and it is said which.
 */
export async function recover(
  host: Host,
  changes: Changes,
  app: string,
  progress: Progress,
  now: Date,
): Promise<Recovery | null> {
  const open = changes.open(app);
  if (!open) return null;
  const outcome = await undo(open.plan, open.stepsBegun, { host, progress }, []);
  const closed = outcome.leftOver.length === 0 ? closeUndone(changes, open.id, now, "cut short") : [];
  return {
    started: open.started,
    who: open.who,
    purpose: open.purpose,
    outcome: { ...outcome, leftOver: [...outcome.leftOver, ...closed] },
  };
}
