import type { Desired } from "../plan/desired.ts";
import type { Plan } from "../plan/plan.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import { testableTargets } from "../tell/routine.ts";
import { replaceNotifier, testTargets, type Tested } from "./notify-test.ts";
import { describeTested } from "./notify.ts";
import type { Session } from "./session.ts";

/**
 * After a change of who is told: shows that each channel works by a message that arrives. A channel that does not is an
 * error of the apply, though not a reason to take the application back: what runs, runs.
 */
export async function proveChannels(
  session: Session,
  plan: Plan,
  desired: Desired | null,
  skip: boolean,
): Promise<Tested[]> {
  const notifier = desired?.notifier;
  if (!notifier) return [];
  const { app } = plan;
  const { teller, records } = session.writableRecord();
  const telling = teller.telling(app);
  const changed = plan.steps.some(
    (step) =>
      (step.kind === "write-file" &&
        (/\/tell\//.test(step.path) || step.path.endsWith(`/${notifier.unit}`))) ||
      (step.kind === "encrypt-credential" && step.unit === notifier.unit),
  );
  // One that runs goes on with the credentials that it was started with.
  if (changed) await replaceNotifier(session, app);
  const targets = testableTargets(telling).filter(
    (target) => changed || telling.store.targets.state(app, target).testedAt === null,
  );
  if (targets.length === 0) return [];
  if (skip || !notifier.tests) {
    const why = skip ? "--no-notify-test" : "notify.test is false";
    records.audit({
      at: new Date().toISOString(),
      who: session.who,
      app,
      unit: notifier.unit,
      action: "notify test skipped",
      why,
      result: null,
    });
    if (skip) session.out.note(`  ! nobody knows whether ${targets.join(", ")} can be told: ${why}`);
    return [];
  }
  const progress = session.out.progress();
  progress.begin(`send a test to ${targets.join(", ")}`);
  const tested = await testTargets(session, app, targets);
  progress.end(tested.every(({ ok }) => ok) ? "done" : "not all of them arrived");
  if (!session.out.json)
    for (const one of tested) session.out.note(`    ${describeTested(one, session.out.style)}`);
  session.out.diagnose(tested.filter(({ ok }) => !ok).map(diagnosticOf));
  return tested;
}

function diagnosticOf({ target, says }: Tested): Diagnostic {
  return {
    severity: "error",
    code: "notify/not-delivered",
    summary: `Cannot tell anybody by ${target}: ${says}`,
    detail: "the application is applied, and runs",
    fix: `mend the channel, then: holdfast notify test ${target.split("/")[0]}`,
  };
}
