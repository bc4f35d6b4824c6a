import type { UnitName } from "../value/unit-name.ts";
import type { Plan, Step } from "./plan.ts";

/** One act of going back. Each may be done twice: undo itself may be cut short and started again. */
export type UndoStep =
  | { kind: "stop"; unit: UnitName }
  | { kind: "disable"; unit: UnitName }
  | { kind: "restore-file"; path: string; content: string | null; mode: number | null }
  | { kind: "restore-credential"; path: string }
  | { kind: "remove-empty-directory"; path: string }
  | { kind: "remove-account"; user: string; file: string }
  | { kind: "reload-manager" }
  | { kind: "restart-journal"; namespace: string }
  | { kind: "enable"; unit: UnitName }
  | { kind: "bring-back"; unit: UnitName; how: "start" | "restart" };

/**
 * How to take back the first `begun` steps of a plan. Not simply backwards: what the change started stops first, links
 * go while the unit that explains them is still there, then files and old links, then systemd reads them, then what ran
 * runs again.
 */
export function makeUndo(plan: Plan, begun: number): UndoStep[] {
  const steps = plan.steps.slice(0, begun);
  const pick = <T>(choose: (step: Step) => T | null): T[] =>
    steps.map(choose).filter((step) => step !== null);
  const backwards = <T>(list: readonly T[]): T[] => list.toReversed();
  const touched = pick<UndoStep>((step) =>
    step.kind === "write-file"
      ? { kind: "restore-file", path: step.path, content: step.before, mode: step.beforeMode }
      : step.kind === "remove-file"
        ? { kind: "restore-file", path: step.path, content: step.before, mode: step.beforeMode }
        : step.kind === "encrypt-credential" || step.kind === "remove-credential"
          ? { kind: "restore-credential", path: step.path }
          : null,
  );
  const systemdMustRead = steps.some((step) =>
    /^(reload-manager|write-file|remove-file|enable|disable)$/.test(step.kind),
  );
  return [
    ...backwards(
      pick<UndoStep>((step) => (step.kind === "start" ? { kind: "stop", unit: step.unit } : null)),
    ),
    ...pick<UndoStep>((step) => (step.kind === "enable" ? { kind: "disable", unit: step.unit } : null)),
    ...backwards(touched),
    ...pick<UndoStep>((step) =>
      step.kind === "disable" && step.before === "enabled" ? { kind: "enable", unit: step.unit } : null,
    ),
    ...(systemdMustRead ? [{ kind: "reload-manager" } as const] : []),
    ...pick<UndoStep>((step) => (step.kind === "restart-journal" ? step : null)),
    ...pick<UndoStep>((step) =>
      step.kind === "stop"
        ? { kind: "bring-back", unit: step.unit, how: "start" }
        : step.kind === "restart"
          ? { kind: "bring-back", unit: step.unit, how: "restart" }
          : null,
    ),
    ...pick((step) => (step.kind === "make-directories" ? step.paths : null))
      .flat()
      .map((path): UndoStep => ({ kind: "remove-empty-directory", path })),
    ...pick<UndoStep>((step) =>
      step.kind === "make-account" && !step.existed
        ? { kind: "remove-account", user: step.user, file: step.file }
        : null,
    ),
  ];
}
