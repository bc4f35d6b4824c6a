import type { Audit } from "./facts.ts";
import { closeStep, isSharedPlace } from "./fixes.ts";
import type { Step, Walked } from "./walk-path.ts";
import { listOf, whoMayChange, type Somebody } from "./who-may.ts";

/** A place on the way to a file that somebody may change, and what mends it. */
export type Exposure = {
  /** The place, or the file itself when that has to move. */
  where: string;
  step: Step;
  somebody: readonly Somebody[];
  /** "/opt/a, on the way to /opt/a/run, may be changed by everybody". */
  says: string;
  fix: string;
};

/**
 * Who may change what a path leads to. When a directory on the way is somebody's own, the file has to move: that is one
 * thing to say, not one for each directory.
 */
export function exposuresOf(
  audit: Pick<Audit, "accounts">,
  walked: Walked,
  path: string,
  options: { trusted: ReadonlySet<number>; within: string | null; move: string; what?: string },
): Exposure[] {
  const { trusted, within, move, what = path } = options;
  const found = walked.steps.flatMap((step): Exposure[] => {
    const somebody = whoMayChange(step.stat, audit.accounts, trusted, step.holds);
    if (somebody.length === 0) return [];
    const place = step.path === path ? what : `${step.path}, on the way to ${what},`;
    return [
      {
        where: step.path,
        step,
        somebody,
        says: `${place} may be changed by ${listOf(somebody)}`,
        fix: closeStep(step, somebody, { within, move }),
      },
    ];
  });
  const [moves] = found.filter(({ fix, step }) => fix === move && !isSharedPlace(step));
  if (moves === undefined) return found;
  const movers = new Set(moves.somebody.flatMap(({ uids }) => uids));
  const rest = found.filter(
    ({ somebody, fix }) =>
      fix !== move &&
      somebody.some(({ how, uids }) => how === "everybody" || uids.some((uid) => !movers.has(uid))),
  );
  const says =
    moves.where === path
      ? moves.says
      : `${what} may be changed by ${listOf(moves.somebody)}, through ${moves.where}`;
  return [{ ...moves, where: path, says }, ...rest];
}
