import type { Recovery } from "../apply/recover.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { readGeneration, type Generation } from "../store/generations.ts";
import type { Changes } from "../store/changes.ts";
import { carryOut } from "./carry-out.ts";
import { chooseApp } from "./choose.ts";
import { describePlan } from "./describe-plan.ts";
import { planChange, type Planned } from "./plan-change.ts";
import type { Session } from "./session.ts";

/** holdfast rollback: an earlier generation's files become a new generation, by a plan like any other. */
export async function runRollback(
  session: Session,
  name: string | undefined,
  options: { to?: string; dryRun?: boolean },
): Promise<number> {
  const app = chooseApp(session, name);
  // Before the first generation there were the files that it took over, and remove gives them back.
  if (options.to === undefined && (await hasOnlyTakenOver(session, app)))
    return runRemove(session, app, options);
  if (options.dryRun) {
    const { planned } = await planRollback(session, app, options.to, session.record()!.changes);
    return showPlan(session, planned);
  }
  return session.changing(app, "rollback", async ({ changes }, recovery) => {
    // Who asks for the way back after a change was cut short has been given it already.
    if (recovery?.outcome && options.to === undefined) return sayRecovered(session, recovery);
    const { planned, generation } = await planRollback(session, app, options.to, changes);
    session.out.note(`Generation ${generation.number} of "${app}" becomes a new generation.`);
    return carryOut(session, planned, planned.desired, generation.specText, changes);
  });
}

/** holdfast remove: everything that was written goes; data, account and logs stay. */
export async function runRemove(
  session: Session,
  name: string | undefined,
  options: { dryRun?: boolean },
): Promise<number> {
  const app = chooseApp(session, name);
  const plan = () => planChange(session, app, null, { purpose: "remove", specText: "" });
  if (options.dryRun && (await session.currentGeneration(app))) return showPlan(session, await plan());
  return session.changing(app, "remove", async ({ changes }, recovery) => {
    if (recovery?.generation === null) return sayRecovered(session, recovery);
    return carryOut(session, await plan(), null, "", changes);
  });
}

async function planRollback(
  session: Session,
  app: string,
  to: string | undefined,
  changes: Changes,
): Promise<{ planned: Planned; generation: Generation }> {
  const number = to === undefined ? generationBefore(changes, app) : Number(to);
  const known = appliedGenerations(changes, app);
  if (!known.includes(number)) {
    throw new HoldfastError(
      {
        severity: "error",
        code: "usage/no-generation",
        summary: `Cannot go back to generation ${to ?? number} of "${app}": it was never in force`,
        fix: known.length === 0 ? "holdfast apply" : `--to ${known.at(-1)}`,
      },
      exitCode.usage,
    );
  }
  const { files } = await session.host();
  const generation = await readGeneration(files, session.stateDirectory, app, number);
  const planned = await planChange(session, app, generation.desired, {
    purpose: "rollback",
    specText: generation.specText,
    // What that generation had taken over was agreed to when it was applied.
    adopt: new Set((generation.desired.adopted ?? []).map(({ unit }) => unit)),
  });
  return { planned, generation };
}

async function hasOnlyTakenOver(session: Session, app: string): Promise<boolean> {
  const changes = session.record()?.changes;
  if (!changes || changes.open(app) || appliedGenerations(changes, app).length !== 1) return false;
  const current = await session.currentGeneration(app);
  return (current?.desired.adopted ?? []).length > 0;
}

function showPlan(session: Session, { plan }: Planned): number {
  session.out.diagnose(plan.diagnostics);
  session.out.result({ plan }, describePlan(plan, session.out.style));
  return exitCode.done;
}

function sayRecovered(session: Session, { generation }: Recovery): number {
  session.out.result({ result: "recovered", generation }, "There is nothing else to take back.");
  return exitCode.done;
}

/** Generations that were once in force since the last removal, oldest first. */
function appliedGenerations(changes: Changes, app: string): number[] {
  const applied = changes.list(app, 1000).filter((change) => change.outcome === "applied");
  const removal = applied.findIndex((change) => change.to === null);
  return applied
    .slice(0, removal === -1 ? undefined : removal)
    .flatMap((change) => change.to ?? [])
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
      summary: `Cannot go back: "${app}" has ${applied.length === 0 ? "no" : "only one"} generation`,
      fix: applied.length === 0 ? "holdfast apply" : `holdfast remove ${app}`,
    });
  return before;
}
