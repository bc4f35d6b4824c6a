import { HoldfastError } from "../report/diagnostic.ts";
import type { Files } from "../host/host.ts";
import { hashAt } from "../plan/foreign-unit.ts";
import type { Step } from "../plan/plan.ts";
import type { UndoStep } from "../plan/undo.ts";
import { dropTemporaries, keepAside, putBack } from "./aside.ts";

/**
 * Takes over a file of other hands. It gets a second name first and ours takes its place by a rename, so that at every
 * instant one of the two stands there; owner, mode and times of the kept one are not touched.
 */
export async function takeOver(
  files: Files,
  { path, kept, hash, after, mode }: Extract<Step, { kind: "take-over" }>,
): Promise<void> {
  if ((await hashAt(files, path)) !== hash || (await files.stat(kept)) !== null)
    throw new HoldfastError({
      severity: "error",
      code: "apply/stale",
      summary: `Cannot take over ${path}: somebody changed it since the plan was made`,
      fix: "run the command again: it makes a new plan",
    });
  if (after === null) return files.rename(path, kept);
  await files.link(path, kept);
  return files.write(path, after, { mode: mode ?? 0o644 });
}

/** Whatever became of it: the original stands in its place again, and nowhere else. */
export async function undoTakeOver(
  files: Files,
  { path, kept }: Extract<UndoStep, { kind: "undo-take-over" }>,
): Promise<boolean> {
  await dropTemporaries(files, path);
  if ((await files.stat(kept)) === null) return false;
  await files.rename(kept, path);
  // rename(2) does nothing with two names of one file, which is what there is before ours is written.
  if ((await files.stat(kept)) !== null) await files.remove(kept);
  return true;
}

/** Puts a kept original back by a rename; ours, which it replaces, is kept aside until the change is final. */
export async function giveBack(
  files: Files,
  { path, kept, before }: Extract<Step, { kind: "give-back" }>,
): Promise<void> {
  if (before !== null) await keepAside(files, path);
  await files.rename(kept, path);
}

/** The original is kept again, and ours stands where it stood. */
export async function undoGiveBack(
  files: Files,
  { path, kept, content, mode }: Extract<UndoStep, { kind: "undo-give-back" }>,
): Promise<boolean> {
  await dropTemporaries(files, path);
  const isBack = (await files.stat(kept)) === null && (await files.stat(path)) !== null;
  if (content === null) {
    if (isBack) await files.rename(path, kept);
    return isBack;
  }
  if (isBack) await files.link(path, kept);
  if (await putBack(files, path)) return true;
  if ((await files.read(path)) === content) return isBack;
  await files.write(path, content, { mode: mode ?? 0o644 });
  return true;
}
