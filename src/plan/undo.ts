import { basename } from "node:path";
import type { UnitName } from "../value/unit-name.ts";
import type { DirectoryState } from "./host-state.ts";
import type { Plan, Step, UnitBefore } from "./plan.ts";

/** One act of going back. Each may be done twice: undo itself may be cut short and started again. */
export type UndoStep =
  | { kind: "remove-tries"; app: string }
  | { kind: "stop"; unit: UnitName }
  | { kind: "stop-unless-same-run"; unit: UnitName; run: string }
  | { kind: "disable"; unit: UnitName }
  | { kind: "restore-file"; path: string; content: string | null; mode: number | null }
  | { kind: "undo-take-over"; path: string; kept: string }
  | { kind: "undo-give-back"; path: string; kept: string; content: string | null; mode: number | null }
  | { kind: "restore-kept"; path: string; existed: boolean }
  | { kind: "load-profile"; path: string }
  | { kind: "unload-profile"; path: string }
  | { kind: "enable"; unit: UnitName }
  | { kind: "reload-manager" }
  | { kind: "restart-journal"; namespace: string }
  | { kind: "run-as-before"; unit: UnitName; run: string }
  | { kind: "forget-failures"; app: string }
  | { kind: "restore-directory"; path: string; before: DirectoryState }
  | { kind: "remove-empty-directory"; path: string }
  | { kind: "remove-account"; user: string | null; groups: readonly string[]; mayOwn: readonly string[] };

/**
 * How to take back the first `begun` steps of a plan. Not simply backwards: what did not run before stops first, links
 * go while the unit that explains them is still there, then files and old links, then systemd reads them, then what ran
 * runs again, and what nothing needs any more goes last.
 */
export function makeUndo(plan: Plan, begun: number): UndoStep[] {
  const steps = plan.steps.slice(0, begun);
  const forth = (choose: (step: Step) => readonly UndoStep[]): UndoStep[] => steps.flatMap(choose);
  const back = (choose: (step: Step) => readonly UndoStep[]): UndoStep[] =>
    steps.toReversed().flatMap(choose);
  const touched = touchedUnits(plan, steps);
  return [
    ...(steps.some(({ kind }) => mayTry.has(kind)) ? [{ kind: "remove-tries", app: plan.app } as const] : []),
    ...touched.toReversed().flatMap(stopUnit),
    ...forth((step) => (step.kind === "enable" ? [{ kind: "disable", unit: step.unit }] : [])),
    ...back(restoreFile),
    ...forth(restoreProfile),
    ...forth((step) =>
      step.kind === "disable" && step.before === "enabled" ? [{ kind: "enable", unit: step.unit }] : [],
    ),
    ...(steps.some(({ kind }) => systemdReads.has(kind)) ? [{ kind: "reload-manager" } as const] : []),
    ...forth((step) => (step.kind === "restart-journal" ? [step] : [])),
    ...touched.flatMap(({ unit, run }): UndoStep[] =>
      run === null ? [] : [{ kind: "run-as-before", unit, run }],
    ),
    ...(touched.length > 0 ? [{ kind: "forget-failures", app: plan.app } as const] : []),
    ...forth(restoreDirectories),
    ...back(removeDirectories),
    ...forth((step) =>
      step.kind === "make-account" && (!step.existed || step.newGroups.length > 0)
        ? [
            {
              kind: "remove-account",
              user: step.existed ? null : step.user,
              groups: step.newGroups,
              mayOwn: step.mayOwn,
            },
          ]
        : [],
    ),
  ];
}

const mayTry: ReadonlySet<Step["kind"]> = new Set<Step["kind"]>(["try-program", "wait-ready"]);
const systemdReads: ReadonlySet<Step["kind"]> = new Set<Step["kind"]>([
  "write-file",
  "remove-file",
  "take-over",
  "give-back",
  "reload-manager",
  "enable",
  "disable",
]);

/** Units that a step has acted on, or whose files it has changed: those that systemd may have started since by itself, too. */
export function touchedUnits(plan: Plan, steps: readonly Step[]): UnitBefore[] {
  const touched = new Set(steps.flatMap(unitsOf));
  // systemd starts a slice with the first service in it, and does not stop it with the last.
  const isSlice = (unit: string): boolean => unit.endsWith(".slice");
  return plan.units.filter(({ unit }) => touched.has(unit) || (touched.size > 0 && isSlice(unit)));
}

function unitsOf(step: Step): string[] {
  switch (step.kind) {
    case "write-file":
    case "remove-file":
      return [basename(step.path)];
    case "touch-stamp":
    case "check-timer":
      return [step.timer];
    case "take-over":
    case "give-back":
    case "encrypt-credential":
    case "remove-credential":
    case "try-program":
    case "enable":
    case "disable":
    case "stop":
    case "start":
    case "restart":
    case "wait-ready":
      return [step.unit];
    default:
      return [];
  }
}

/** A timer whose times go back is stopped before, as when they change (see timer-steps.ts). */
function stopUnit({ unit, run }: UnitBefore): UndoStep[] {
  if (run === null) return [{ kind: "stop", unit }];
  return unit.endsWith(".timer") ? [{ kind: "stop-unless-same-run", unit, run }] : [];
}

function restoreFile(step: Step): UndoStep[] {
  switch (step.kind) {
    case "write-file":
    case "remove-file":
      return [{ kind: "restore-file", path: step.path, content: step.before, mode: step.beforeMode }];
    case "take-over":
      return [{ kind: "undo-take-over", path: step.path, kept: step.kept }];
    case "give-back":
      return [
        {
          kind: "undo-give-back",
          path: step.path,
          kept: step.kept,
          content: step.before,
          mode: step.beforeMode,
        },
      ];
    case "encrypt-credential":
    case "touch-stamp":
      return [{ kind: "restore-kept", path: step.path, existed: step.existed }];
    case "remove-credential":
      return [{ kind: "restore-kept", path: step.path, existed: true }];
    default:
      return [];
  }
}

/** Its file is as it was by now. */
function restoreProfile(step: Step): UndoStep[] {
  if (step.kind === "unload-profile") return [{ kind: "load-profile", path: step.path }];
  if (step.kind !== "load-profile") return [];
  return [{ kind: step.existed ? "load-profile" : "unload-profile", path: step.path }];
}

function restoreDirectories(step: Step): UndoStep[] {
  if (step.kind !== "make-directories") return [];
  return Object.entries(step.before).map(([path, before]) => ({ kind: "restore-directory", path, before }));
}

/** Innermost first: a directory goes only when it is empty. */
function removeDirectories(step: Step): UndoStep[] {
  const remove = (paths: readonly string[]): UndoStep[] =>
    paths.toReversed().map((path) => ({ kind: "remove-empty-directory", path }));
  switch (step.kind) {
    case "write-file":
    case "encrypt-credential":
    case "touch-stamp":
      return remove(step.makes);
    case "try-program":
    case "start":
    case "restart":
      return remove(step.mayMake);
    case "make-directories":
      return remove(step.paths);
    default:
      return [];
  }
}
