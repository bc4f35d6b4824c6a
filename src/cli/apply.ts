import { readFileSync } from "node:fs";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import type { Plan } from "../plan/plan.ts";
import { carryOut } from "./carry-out.ts";
import { describePlan } from "./describe-plan.ts";
import { planChange } from "./plan-change.ts";
import type { Session } from "./session.ts";

/** holdfast apply: brings the host to what the spec says. */
export async function runApply(session: Session, options: { plan?: string }): Promise<number> {
  const { spec, text } = session.loadSpec();
  const { desired, losses } = session.compile(spec, await session.target());
  return session.changing(spec.app, "apply", async ({ changes }) => {
    const planned = await planChange(session, spec.app, desired, {
      purpose: "apply",
      specText: text,
      losses,
    });
    if (options.plan !== undefined) assertSamePlan(readPlan(options.plan), planned.plan, options.plan);
    return carryOut(session, planned, desired, text, changes);
  });
}

/** holdfast plan: the same, up to the point where it would begin. */
export async function runPlan(session: Session, options: { out?: string; check?: boolean }): Promise<number> {
  const { spec, text } = session.loadSpec();
  const { desired, losses } = session.compile(spec, await session.target());
  const { plan } = await planChange(session, spec.app, desired, { purpose: "apply", specText: text, losses });
  session.out.diagnose(plan.diagnostics);
  if (options.out !== undefined)
    await (
      await session.host()
    ).files.write(options.out, `${JSON.stringify(plan, null, 1)}\n`, { mode: 0o600 });
  const pending = plan.steps.length > 0;
  const next = pending
    ? `\nApply with: ${session.options.user ? "" : "sudo "}holdfast apply${options.out === undefined ? "" : ` --plan ${options.out}`}`
    : "";
  session.out.result({ plan }, `${describePlan(plan, session.out.style)}${next}`);
  return options.check && pending ? exitCode.changesPending : exitCode.done;
}

function readPlan(file: string): Plan {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Plan;
  } catch (error) {
    throw new HoldfastError(
      {
        severity: "error",
        code: "plan/unreadable",
        summary: `Cannot read the plan ${file}: ${(error as Error).message}`,
        fix: `make one: holdfast plan --out ${file}`,
      },
      exitCode.usage,
      { cause: error },
    );
  }
}

/** A saved plan is carried out only where it would be made again, step by step. */
function assertSamePlan(saved: Plan, fresh: Plan, file: string): void {
  if (
    JSON.stringify(saved.steps) === JSON.stringify(fresh.steps) &&
    saved.basedOn?.spec === fresh.basedOn.spec &&
    saved.basedOn.host === fresh.basedOn.host
  )
    return;
  const what = saved.basedOn?.spec !== fresh.basedOn.spec ? "the spec has changed" : "the host has changed";
  throw new HoldfastError({
    severity: "error",
    code: "plan/stale",
    summary: `Cannot apply the saved plan ${file}: ${what} since it was made`,
    fix: `look at a new one: holdfast plan --out ${file}`,
  });
}
