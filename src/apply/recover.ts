import type { Host } from "../host/host.ts";
import type { Changes } from "../store/changes.ts";
import { closeUndone, finish, undo, type Outcome } from "./apply.ts";

/** `outcome` is null when the change had taken effect already, and only its traces were left. */
export type Recovery = {
  started: string;
  who: string;
  purpose: string;
  generation: number | null;
  outcome: Outcome | null;
  /** What stands in the way of going on. */
  leftOver: readonly string[];
};

/**
 * Finishes what a change that was cut short left behind: takes it back, and closes it. Called under the lock by every
 * command that may change the host, so after the next command the host is at one generation, and it is said which.
 */
export async function recover(
  host: Host,
  changes: Changes,
  app: string,
  now: () => Date,
): Promise<Recovery | null> {
  const untidy = changes.untidy(app);
  if (untidy) {
    const leftOver = await finish(untidy.plan, untidy.id, { host, now }, changes).then(
      () => [],
      (error: Error) => [`what it kept for the way back could not be removed: ${error.message}`],
    );
    return { ...untidy, generation: untidy.to, outcome: null, leftOver };
  }
  const open = changes.open(app);
  if (!open) return null;
  const outcome = await undo(open.plan, open.stepsBegun, host, []);
  const unrecorded = outcome.leftOver.length === 0 ? closeUndone(changes, open.id, now(), "cut short") : null;
  const leftOver = [
    ...outcome.leftOver,
    ...(unrecorded === null ? [] : [`the record could not be closed: ${unrecorded}`]),
  ];
  return { ...open, generation: outcome.generation, outcome, leftOver };
}
