import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { checkBudgets } from "../apply/exposure.ts";
import { findStaleProfiles } from "../plan/stale-profile.ts";
import { exitCode, hasErrors, HoldfastError, type Diagnostic } from "../report/diagnostic.ts";
import { isOtherEnvironment } from "../plan/check-environment.ts";
import { isEmptyPlan, isSamePlan, type Plan } from "../plan/plan.ts";
import { carryOut } from "./carry-out.ts";
import { describePlan } from "./describe-plan.ts";
import { planChange } from "./plan-change.ts";
import { compileFor, loadSpec } from "./load-spec.ts";
import { checkChoice } from "./which-environment.ts";
import type { Session } from "./session.ts";
import { unfinishedChange } from "./unfinished.ts";

/** holdfast apply: brings the host to what the spec says. */
export async function runApply(
  session: Session,
  options: { plan?: string; notifyTest?: boolean; adopt?: boolean; switchEnv?: boolean },
): Promise<number> {
  const { spec, text, profiles } = loadSpec(session);
  const { desired, losses } = compileFor(await session.target(), spec);
  return session.changing(spec.app, "apply", async ({ changes }) => {
    const saved = options.plan === undefined ? null : readPlan(options.plan);
    // Who has read in the plan what it takes over, and what it makes of what runs, has agreed to it.
    const adopts = options.adopt || saved?.changes?.some(({ takesOver }) => takesOver !== undefined);
    const planned = await planChange(session, spec.app, desired, {
      purpose: "apply",
      specText: text,
      profiles,
      losses: [...losses, ...(await checkChoice(session, spec))],
      mayBecome: options.switchEnv || (saved !== null && !saved.diagnostics?.some(isOtherEnvironment)),
      ...(adopts ? { adopt: "all" as const } : {}),
    });
    if (saved !== null) assertSamePlan(saved, planned.plan, options.plan!);
    return carryOut(session, planned, planned.desired, text, changes, {
      skipNotifyTest: options.notifyTest === false,
    });
  });
}

/** holdfast plan: the same, up to the point where it would begin. */
export async function runPlan(
  session: Session,
  options: { out?: string; check?: boolean; adopt?: boolean; switchEnv?: boolean },
): Promise<number> {
  const { spec, text, profiles } = loadSpec(session);
  const host = await session.host();
  if (!host.mayChange) throw mayNotLook(spec.app);
  const { desired, losses } = compileFor(await session.target(), spec);
  const { plan } = await planChange(session, spec.app, desired, {
    purpose: "apply",
    specText: text,
    profiles,
    losses: [...losses, ...(await checkChoice(session, spec))],
    mayBecome: options.switchEnv ?? false,
    ...(options.adopt ? { adopt: "all" as const } : {}),
  });
  const unfinished = unfinishedChange(session, spec.app);
  const tooExposed = await checkBudgets(host, desired);
  session.out.diagnose([
    ...unfinished,
    ...tooExposed,
    ...(await findStaleProfiles(host, desired)),
    ...plan.diagnostics.filter((d) => unfinished.length === 0 || !isDrift(d)),
  ]);
  if (options.out !== undefined)
    await host.files.write(resolve(options.out), `${JSON.stringify(plan, null, 1)}\n`, { mode: 0o600 });
  if (tooExposed.length > 0) {
    session.out.result({ plan }, describePlan(plan, session.out.style));
    return exitCode.failed;
  }
  const pending = !isEmptyPlan(plan);
  const flags = [options.adopt ? " --adopt" : "", options.switchEnv ? " --switch-env" : ""].join("");
  const how = options.out !== undefined ? ` --plan ${options.out}` : flags;
  const next =
    pending && !hasErrors(plan.diagnostics) ? `\nApply with: ${session.commandLine("apply")}${how}` : "";
  session.out.result({ plan }, `${describePlan(plan, session.out.style)}${next}`);
  return options.check && pending ? exitCode.changesPending : exitCode.done;
}

/** What a change that was cut short has left half done was not changed by hand. */
function isDrift({ code }: Diagnostic): boolean {
  return code === "plan/changed-by-hand" || code === "plan/file-missing";
}

/** The record and the secrets are for root alone, so anybody else would be shown a plan for another host than this. */
function mayNotLook(app: string): HoldfastError {
  return new HoldfastError({
    severity: "error",
    code: "host/not-permitted",
    summary: `Cannot plan a change of "${app}": only root may see what is installed, and its secrets`,
    fix: "sudo holdfast plan; or without a host: holdfast compile",
  });
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
  if (isSamePlan(saved, fresh)) return;
  const what = saved.basedOn?.spec !== fresh.basedOn.spec ? "the spec has changed" : "the host has changed";
  throw new HoldfastError({
    severity: "error",
    code: "plan/stale",
    summary: `Cannot apply the saved plan ${file}: ${what} since it was made`,
    fix: `look at a new one: holdfast plan --out ${file}`,
  });
}
