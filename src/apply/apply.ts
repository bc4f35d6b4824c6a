import { HoldfastError, type Diagnostic } from "../report/diagnostic.ts";
import type { Host } from "../host/host.ts";
import { describeStep, describeUndo } from "../plan/describe-step.ts";
import type { Plan } from "../plan/plan.ts";
import { makeUndo } from "../plan/undo.ts";
import type { Changes } from "../store/changes.ts";
import { dropAside } from "./aside.ts";
import type { ApplyContext } from "./context.ts";
import { doStep } from "./do-step.ts";
import { interruptedError } from "./pause.ts";
import { removeEmptyDirectory } from "./undo-account.ts";
import { NotRunningError } from "./undo-run.ts";
import { undoStep } from "./undo-step.ts";

export type Outcome = {
  result: "applied" | "undone";
  /** The generation in force afterwards; null when there is none. */
  generation: number | null;
  done: readonly string[];
  undone: readonly string[];
  untouched: readonly string[];
  /** Why it was undone. */
  failure: readonly Diagnostic[];
  /** What could not be taken back; the next command tries again. */
  leftOver: readonly string[];
  /** Why the end could not be written down, though the host is as it was; the next command does that. */
  unrecorded: string | null;
  /** Services that did not come up again although all of their files are as they were. */
  notRunning: readonly string[];
};

/**
 * Carries out a plan: all of it, or nothing of it. The change is in the journal before its first step and each step
 * before it acts, so that after a crash or power cut the next command can take back exactly what was begun.
 */
export async function applyPlan(
  plan: Plan,
  context: ApplyContext,
  changes: Changes,
  who: string,
): Promise<Outcome> {
  const began = context.now();
  const id = changes.begin(plan, who, began);
  let begun = 0;
  try {
    for (const [index, step] of plan.steps.entries()) {
      if (context.signal.aborted) throw interruptedError();
      changes.beginStep(id, index);
      begun = index + 1;
      context.progress.begin(describeStep(step));
      await doStep(step, { ...context, began });
      context.progress.end("done");
    }
    if (context.signal.aborted) throw interruptedError();
    changes.commit(id);
  } catch (error) {
    context.progress.end("failed");
    const failure = asDiagnostics(error);
    const outcome = await undo(plan, begun, context.host, failure);
    const unrecorded =
      outcome.leftOver.length === 0 ? closeUndone(changes, id, context.now(), JSON.stringify(failure)) : null;
    return { ...outcome, unrecorded };
  }
  // It has taken effect. If its traces cannot be removed now, the next command removes them.
  await finish(plan, id, context, changes).catch(() => {});
  return {
    result: "applied",
    generation: plan.to,
    done: plan.steps.map(describeStep),
    undone: [],
    untouched: [],
    failure: [],
    leftOver: [],
    unrecorded: null,
    notRunning: [],
  };
}

/** Takes back the first `begun` steps. Goes on after a step that cannot be taken back, and says which one. */
export async function undo(
  plan: Plan,
  begun: number,
  host: Host,
  failure: readonly Diagnostic[],
): Promise<Outcome> {
  const undone: string[] = [];
  const leftOver: string[] = [];
  const notRunning: string[] = [];
  for (const step of makeUndo(plan, begun)) {
    try {
      const said = await undoStep(step, host);
      if (said !== null) undone.push(said);
    } catch (error) {
      if (error instanceof NotRunningError) notRunning.push(error.message);
      else leftOver.push(`${describeUndo(step)}: not possible: ${(error as Error).message}`);
    }
  }
  return {
    result: "undone",
    generation: plan.from,
    done: plan.steps.slice(0, Math.max(0, begun - 1)).map(describeStep),
    undone,
    untouched: plan.steps.slice(begun).map(describeStep),
    failure,
    leftOver,
    unrecorded: null,
    notRunning,
  };
}

/** A full disk can keep the record from being closed. Returns why, or null. */
export function closeUndone(changes: Changes, id: number, at: Date, why: string): string | null {
  try {
    changes.closeUndone(id, at, why);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Removes what a change kept in order to go back, now that nobody will. May be done twice. */
export async function finish(
  plan: Plan,
  id: number,
  { host, now }: Pick<ApplyContext, "host" | "now">,
  changes: Changes,
): Promise<void> {
  for (const step of plan.steps) {
    if ("path" in step) await dropAside(host.files, step.path);
    if (step.kind === "remove-file" && step.ownDirectory !== null)
      await removeEmptyDirectory(step.ownDirectory, host);
  }
  changes.finish(id, now());
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && /^E[A-Z0-9]+$/.test((error as NodeJS.ErrnoException).code ?? "");
}

const systemErrors: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EROFS: "the file system is read-only",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EDQUOT: "the disk quota is used up",
};

function asDiagnostics(error: unknown): readonly Diagnostic[] {
  if (error instanceof HoldfastError) return error.diagnostics;
  if (!isSystemError(error)) return [describeBug(error)];
  const { code = "" } = error;
  const { path } = error;
  const reason = systemErrors[code] ?? error.message;
  const fix =
    code === "ENOSPC" || code === "EDQUOT"
      ? "make room, then run the command again"
      : code === "EROFS"
        ? "make it writable: mount -o remount,rw"
        : undefined;
  return [
    {
      severity: "error",
      code: "apply/system-error",
      summary: `${path === undefined ? "Cannot go on" : `Cannot write ${path}`}: ${reason}`,
      ...(fix === undefined ? {} : { fix }),
    },
  ];
}

/** Our own mistake. Where the host is now counts for more than how we fell, so it is told like any other failure. */
function describeBug(error: unknown): Diagnostic {
  const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  return {
    severity: "error",
    code: "apply/bug",
    summary: `This is a bug in holdfast, not a mistake of yours: ${message}`,
    detail: stack,
    fix: "please report it with these lines",
  };
}
