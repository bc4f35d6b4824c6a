import { describeDrillDue, fixOfDrillDue } from "../rehearse/evidence/drill-due.ts";
import { exitCode } from "../report/diagnostic.ts";
import { remindOfDrill } from "../tell/remind-of-drill.ts";
import { chooseApp } from "./choose.ts";
import { readDrillDue } from "./read-evidence.ts";
import type { Session } from "./session.ts";

/** What the timer of an application starts once a day: says that a drill is overdue. Nothing is done to anything. */
export async function runDrillReminder(session: Session, names: readonly string[]): Promise<number> {
  const app = chooseApp(session, names[0]);
  const generation = await session.currentGeneration(app);
  const due = generation === null ? null : await readDrillDue(session, app, generation, Date.now());
  if (due === null || !due.overdue) {
    session.out.result({ app, drill: due, told: false }, "");
    return exitCode.done;
  }
  const says = describeDrillDue(due);
  const fix = fixOfDrillDue(app, due);
  const { teller, watch } = session.writableRecord();
  const told = watch.together(() => remindOfDrill(teller.telling(app), { due: due.due, says, fix }));
  session.out.result({ app, drill: due, told }, `${app}: ${says}; see: ${fix}`);
  return exitCode.done;
}
