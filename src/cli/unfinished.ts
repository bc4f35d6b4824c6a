import type { Diagnostic } from "../report/diagnostic.ts";
import { lockHolder } from "../store/lock.ts";
import type { Session } from "./session.ts";

/** A change of the application that is under way, or was cut short. Commands that only look say so, and leave it alone. */
export function unfinishedChange(session: Session, app: string): Diagnostic[] {
  const open = session.record()?.changes.open(app);
  if (!open) return [];
  const what = `The ${open.purpose} of "${app}" that ${open.who} began at ${open.started}`;
  const where = `step ${open.stepsBegun} of ${open.plan.steps.length}`;
  const holder = lockHolder(session.stateDirectory, app);
  if (holder !== null) {
    const process = holder === "somebody" ? "" : ` (process ${holder.pid})`;
    return [
      {
        severity: "warning",
        code: "apply/under-way",
        summary: `${what} is under way, at ${where}${process}`,
      },
    ];
  }
  const back = open.from === null ? "before the first apply" : `generation ${open.from}`;
  return [
    {
      severity: "warning",
      code: "apply/cut-short",
      summary: `${what} was cut short at ${where}`,
      detail: `the next command that changes "${app}" takes it back first, to ${back}`,
      fix: "holdfast apply, or holdfast rollback, or holdfast remove",
    },
  ];
}
