import { declaredBy } from "../tell/close-undeclared.ts";
import { join } from "node:path";
import { applyPlan } from "../apply/apply.ts";
import { lastLines } from "../apply/describe-trouble.ts";
import { checkBudgets } from "../apply/exposure.ts";
import { preflight } from "../apply/preflight.ts";
import { settleGiveUps } from "../apply/settle-give-ups.ts";
import { tryRecording } from "../apply/try-recording.ts";
import { verifyUnits } from "../apply/verify.ts";
import type { Host } from "../host/host.ts";
import type { Desired } from "../plan/desired.ts";
import { isEmptyPlan, type Plan } from "../plan/plan.ts";
import { adviceFor } from "../report/advice.ts";
import { exitCode, hasErrors } from "../report/diagnostic.ts";
import { writeGeneration, writeOutcome } from "../store/generations.ts";
import type { Changes } from "../store/changes.ts";
import { describePlan } from "./describe-plan.ts";
import { describeUndone } from "./describe-outcome.ts";
import type { Planned } from "./plan-change.ts";
import { forgetHeld } from "./reset-held.ts";
import { inOwnWindow } from "./own-window.ts";
import { endEarlierFailures } from "./probation.ts";
import { proveChannels } from "./prove-channels.ts";
import type { Session } from "./session.ts";

/**
 * The one way a change goes: show the plan, check everything that can be checked, stage, act, say what came of it.
 * Apply, rollback and remove differ only in what they plan. Returns the exit code.
 */
export async function carryOut(
  session: Session,
  planned: Planned,
  desired: Desired | null,
  specText: string,
  changes: Changes,
  options: { skipNotifyTest?: boolean } = {},
): Promise<number> {
  const { plan, state } = planned;
  const { out } = session;
  const host = await session.host();

  out.diagnose(plan.diagnostics);
  if (hasErrors(plan.diagnostics)) return refused(session, planned);
  if (isEmptyPlan(plan)) {
    out.result({ result: "unchanged", plan }, describePlan(plan, out.style));
    return exitCode.done;
  }
  if (!out.json) out.note(describePlan(plan, out.style));

  if (desired) {
    const problems = await preflight(
      host,
      desired,
      state,
      Number.parseInt(await host.systemd.version(), 10),
      session.stateDirectory,
    );
    out.diagnose(problems);
    if (hasErrors(problems)) return refused(session, planned);

    const directory = await writeGeneration(host.files, session.stateDirectory, {
      number: plan.to!,
      desired,
      specText,
      plan,
    });
    const staged = join(directory, "files");
    const found = [...(await verifyUnits(host, desired, staged)), ...(await checkBudgets(host, desired))];
    out.diagnose(found);
    if (hasErrors(found)) return refused(session, planned);
  }

  const interrupt = new AbortController();
  const onSignal = () => {
    // Pressing Ctrl-C again must not cut short what puts the host right.
    if (interrupt.signal.aborted) out.note("Interrupted already: taking back what was begun.");
    interrupt.abort();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal).on("SIGHUP", onSignal);
  const outcome = await inOwnWindow(
    session,
    plan.app,
    plan.purpose,
    () =>
      applyPlan(
        plan,
        { host, desired, progress: out.progress(), signal: interrupt.signal, now: () => new Date() },
        changes,
        session.who,
      ),
    ({ result }) => (result === "applied" ? declaredBy(desired) : null),
  );
  process.off("SIGINT", onSignal).off("SIGTERM", onSignal).off("SIGHUP", onSignal);

  if (plan.to !== null)
    await writeOutcome(host.files, session.stateDirectory, plan.app, plan.to, {
      ...outcome,
      finished: new Date(),
    }).catch(() => {});
  if (outcome.result === "applied") {
    const recorder = () => session.writableRecord().records;
    out.diagnose(tryRecording(recorder, (open) => settleGiveUps(plan, open, session.who, new Date())));
    await forgetHeld(session, plan.app, desired).catch(() => {});
    // What fails here is done by the timer of the probation.
    if (desired !== null) await endEarlierFailures(session, plan.app).catch(() => {});
    if (!out.json) for (const line of await firstLines(host, desired, plan)) out.note(line);
    const tested = await proveChannels(session, plan, desired, options.skipNotifyTest ?? false);
    out.result(
      {
        result: "applied",
        generation: outcome.generation,
        plan,
        done: outcome.done,
        ...(tested.length === 0 ? {} : { tested }),
      },
      adviceFor(session.scope, describeApplied(plan, desired, outcome.generation)),
    );
    return tested.every(({ ok }) => ok) ? exitCode.done : exitCode.failed;
  }
  out.diagnose(outcome.failure);
  out.result(
    {
      result: "undone",
      generation: outcome.generation,
      done: outcome.done,
      undone: outcome.undone,
      untouched: outcome.untouched,
      leftOver: outcome.leftOver,
      notRunning: outcome.notRunning,
    },
    describeUndone(plan.app, outcome),
  );
  const back =
    outcome.leftOver.length === 0 && outcome.notRunning.length === 0 && outcome.unrecorded === null;
  return back ? exitCode.rolledBack : exitCode.failed;
}

/** The last words so far of what this change started: people look for these first. */
async function firstLines(host: Host, desired: Desired | null, plan: Plan): Promise<string[]> {
  const started = plan.steps.flatMap((step) => (step.kind === "wait-ready" ? [step] : []));
  const lists = await Promise.all(
    started.map(async ({ unit, service }) =>
      (await lastLines({ host, desired }, unit, 3)).map((line) => `  ${service}: ${line}`),
    ),
  );
  return lists.flat();
}

function refused(session: Session, { plan }: Planned): number {
  session.out.result(
    { result: "refused", plan },
    `Nothing was changed: "${plan.app}" is ${plan.from === null ? "not installed" : `still at generation ${plan.from}`}.`,
  );
  return exitCode.failed;
}

function describeApplied({ app, changes }: Plan, desired: Desired | null, generation: number | null): string {
  const back = changes.flatMap(({ givesBack, unit }) => (givesBack && unit ? [unit] : []));
  if (generation === null || !desired)
    return [
      `"${app}" is removed. Its data, its account and the directories it wrote to are still there.`,
      ...(back.length === 0
        ? []
        : [`As before it was applied: ${back.join(", ")}, with the files of that time.`]),
    ].join("\n");
  const environment = desired.environment === null ? "" : ` (${desired.environment})`;
  return [
    `"${app}"${environment} is at generation ${generation}.`,
    `  See it:       holdfast status ${app}`,
    `  Its log:      holdfast logs ${app} --follow`,
    `  Back again:   holdfast rollback ${app}`,
  ].join("\n");
}
