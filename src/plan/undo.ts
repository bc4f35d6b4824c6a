import type { UnitName } from "../value/unit-name.ts";
import type { DirectoryState } from "./host-state.ts";
import type { Plan, Step } from "./plan.ts";

/** One act of going back. Each may be done twice: undo itself may be cut short and started again. */
export type UndoStep =
  | { kind: "remove-tries"; app: string }
  | { kind: "stop"; unit: UnitName }
  | { kind: "disable"; unit: UnitName }
  | { kind: "restore-file"; path: string; content: string | null; mode: number | null }
  | { kind: "restore-credential"; path: string; existed: boolean }
  | { kind: "enable"; unit: UnitName }
  | { kind: "reload-manager" }
  | { kind: "restart-journal"; namespace: string }
  | { kind: "start-again"; unit: UnitName }
  | { kind: "restart-as-before"; unit: UnitName; invocation: string }
  | { kind: "forget-failures"; app: string }
  | { kind: "restore-directory"; path: string; before: DirectoryState }
  | { kind: "remove-empty-directory"; path: string }
  | { kind: "remove-account"; user: string | null; groups: readonly string[]; mayOwn: readonly string[] };

/**
 * How to take back the first `begun` steps of a plan. Not simply backwards: what the change started stops first, links
 * go while the unit that explains them is still there, then files and old links, then systemd reads them, then what ran
 * runs again, and what nothing needs any more goes last.
 */
export function makeUndo(plan: Plan, begun: number): UndoStep[] {
  const steps = plan.steps.slice(0, begun);
  const forth = (choose: (step: Step) => readonly UndoStep[]): UndoStep[] => steps.flatMap(choose);
  const back = (choose: (step: Step) => readonly UndoStep[]): UndoStep[] =>
    steps.toReversed().flatMap(choose);
  return [
    ...(steps.some(({ kind }) => mayTry.has(kind)) ? [{ kind: "remove-tries", app: plan.app } as const] : []),
    ...back((step) => (step.kind === "start" ? [{ kind: "stop", unit: step.unit }] : [])),
    ...[...slicesStarted(steps)].map((unit): UndoStep => ({ kind: "stop", unit })),
    ...forth((step) => (step.kind === "enable" ? [{ kind: "disable", unit: step.unit }] : [])),
    ...back(restoreFile),
    ...forth((step) =>
      step.kind === "disable" && step.before === "enabled" ? [{ kind: "enable", unit: step.unit }] : [],
    ),
    ...(steps.some(({ kind }) => systemdReads.has(kind)) ? [{ kind: "reload-manager" } as const] : []),
    ...forth((step) => (step.kind === "restart-journal" ? [step] : [])),
    ...back((step) =>
      step.kind === "stop" && step.wasRunning ? [{ kind: "start-again", unit: step.unit }] : [],
    ),
    ...forth((step) =>
      step.kind === "restart"
        ? [{ kind: "restart-as-before", unit: step.unit, invocation: step.invocation }]
        : [],
    ),
    ...(steps.some(({ kind }) => mayFail.has(kind))
      ? [{ kind: "forget-failures", app: plan.app } as const]
      : []),
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
const mayFail: ReadonlySet<Step["kind"]> = new Set<Step["kind"]>(["start", "restart"]);
const systemdReads: ReadonlySet<Step["kind"]> = new Set<Step["kind"]>([
  "write-file",
  "remove-file",
  "reload-manager",
  "enable",
  "disable",
]);

function slicesStarted(steps: readonly Step[]): Set<UnitName> {
  const slices = steps.map((step) =>
    step.kind === "try-program" || step.kind === "start" ? step.startsSlice : null,
  );
  return new Set(slices.filter((slice) => slice !== null));
}

function restoreFile(step: Step): UndoStep[] {
  switch (step.kind) {
    case "write-file":
    case "remove-file":
      return [{ kind: "restore-file", path: step.path, content: step.before, mode: step.beforeMode }];
    case "encrypt-credential":
      return [{ kind: "restore-credential", path: step.path, existed: step.existed }];
    case "remove-credential":
      return [{ kind: "restore-credential", path: step.path, existed: true }];
    default:
      return [];
  }
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
