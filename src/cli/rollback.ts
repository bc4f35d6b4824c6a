import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { readGeneration } from "../store/generations.ts";
import type { Changes } from "../store/changes.ts";
import { carryOut } from "./carry-out.ts";
import { chooseApp } from "./choose.ts";
import { describePlan } from "./describe-plan.ts";
import { planChange } from "./plan-change.ts";
import type { Session } from "./session.ts";

/** holdfast rollback: an earlier generation's files become a new generation, by a plan like any other. */
export async function runRollback(
  session: Session,
  name: string | undefined,
  options: { to?: string; dryRun?: boolean },
): Promise<number> {
  const app = chooseApp(session, name);
  return session.changing(app, "rollback", async ({ changes }) => {
    const number = options.to === undefined ? generationBefore(changes, app) : Number(options.to);
    const known = appliedGenerations(changes, app);
    if (!known.includes(number)) {
      throw new HoldfastError(
        {
          severity: "error",
          code: "usage/no-generation",
          summary: `Cannot go back to generation ${options.to ?? number} of "${app}": it was never in force`,
          fix: `--to ${known.at(-1)}`,
        },
        exitCode.usage,
      );
    }
    const generation = await readGeneration(
      (await session.host()).files,
      session.stateDirectory,
      app,
      number,
    );
    session.out.note(`Generation ${number} of "${app}" becomes a new generation.`);
    const planned = await planChange(session, app, generation.desired, {
      purpose: "rollback",
      specText: generation.specText,
    });
    if (options.dryRun) {
      session.out.result({ plan: planned.plan }, describePlan(planned.plan, session.out.style));
      return exitCode.done;
    }
    return carryOut(session, planned, generation.desired, generation.specText, changes);
  });
}

/** holdfast remove: everything that was written goes; data, account and logs stay. */
export async function runRemove(
  session: Session,
  name: string | undefined,
  options: { dryRun?: boolean },
): Promise<number> {
  const app = chooseApp(session, name);
  return session.changing(app, "remove", async ({ changes, records }) => {
    const planned = await planChange(session, app, null, { purpose: "remove", specText: "" });
    if (options.dryRun) {
      session.out.result({ plan: planned.plan }, describePlan(planned.plan, session.out.style));
      return exitCode.done;
    }
    const code = await carryOut(session, planned, null, "", changes);
    if (code === exitCode.done) records.forgetIntents(app);
    return code;
  });
}

/** Generations that were once in force since the last removal, oldest first. */
function appliedGenerations(changes: Changes, app: string): number[] {
  return changes
    .list(app, 1000)
    .filter((change) => change.outcome === "applied" && change.to !== null)
    .map((change) => change.to!)
    .toReversed();
}

/** "The one before": a second rollback goes back by one again, so it undoes the first. */
function generationBefore(changes: Changes, app: string): number {
  const applied = appliedGenerations(changes, app);
  const before = applied.at(-2);
  if (before === undefined)
    throw new HoldfastError({
      severity: "error",
      code: "usage/no-generation",
      summary: `Cannot go back: "${app}" has only one generation`,
      fix: `holdfast remove ${app}`,
    });
  return before;
}
