import type { Check } from "../observe/check.ts";
import { checkService } from "../observe/checklist.ts";
import { exitCode } from "../report/diagnostic.ts";
import type { Style } from "../report/style.ts";
import { checkNotify } from "../observe/checks/notify.ts";
import { testableTargets } from "../tell/routine.ts";
import { checkWatch } from "../observe/checks/watch.ts";
import { choosePrograms, type Chosen } from "./choose.ts";
import { clearCutShort } from "./clear-drill.ts";
import { checkEvidence } from "../rehearse/evidence/check-evidence.ts";
import { checkDrillDue } from "../rehearse/evidence/drill-due.ts";
import { checkProbation } from "../observe/probation/check-probation.ts";
import { readProbations } from "./probation.ts";
import { readEvidence } from "./read-evidence.ts";
import { ruleOf } from "./prove-heal.ts";
import type { Session } from "./session.ts";
import { readBreaker, readWatching } from "./watching.ts";

/** holdfast doctor: every promise of the spec as a live check. Exit 1 when one is broken. */
export async function runDoctor(session: Session, names: readonly string[]): Promise<number> {
  await clearCutShort(session);
  const chosen = await choosePrograms(session, names);
  const host = await session.host();
  const checks: { app: string; unit: string; checks: Check[] }[] = await Promise.all(
    chosen.map(async (one) => ({
      app: one.app,
      unit: one.service.unit,
      checks: [
        ...(await checkService(host, one.generation.desired, one.service)),
        ...(await checkWatched(session, one)),
      ],
    })),
  );
  checks.push(...(await checkNotifiers(session, chosen)));
  const now = Date.now();
  for (const one of await readProbations(session, chosen, now))
    checks.find(({ unit }) => unit === one.unit)?.checks.push(checkProbation(one, now));
  for (const { app, drill, ...evidence } of await readEvidence(session, chosen, now)) {
    const rule = chosen.find((one) => one.app === app)!.generation.desired.drill ?? null;
    const drilled = drill === null || rule === null ? [] : [checkDrillDue(app, rule, drill, now)];
    checks.push({ app, unit: app, checks: [checkEvidence(app, evidence, now), ...drilled] });
  }
  const flat = checks.flatMap((entry) => entry.checks);
  session.out.result(
    { services: checks, kept: flat.filter((c) => c.result === "ok").length, of: flat.length },
    checks.map((entry) => describeChecks(entry.unit, entry.checks, session.out.style)).join("\n"),
  );
  return flat.some((c) => c.result === "failed") ? exitCode.failed : exitCode.done;
}

/** Once for each application of which people are told. */
async function checkNotifiers(session: Session, chosen: readonly Chosen[]) {
  const host = await session.host();
  const apps = new Map(chosen.map(({ app, generation }) => [app, generation.desired.notifier ?? null]));
  const found = [...apps].map(async ([app, notifier]) => {
    if (notifier === null) return [];
    const telling = session.record()!.teller.telling(app);
    const { store, now } = telling;
    const checks = await checkNotify(host, {
      app,
      targets: testableTargets(telling).map((target) => store.targets.state(app, target)),
      tests: notifier.tests,
      incidents: store.incidents.list(app, { since: now - month, limit: 200 }),
      now,
    });
    return [{ app, unit: notifier.unit, checks }];
  });
  return (await Promise.all(found)).flat();
}

const month = 31 * 86_400_000;
const week = 7 * 86_400_000;

async function checkWatched(session: Session, { app, generation, service }: Chosen): Promise<Check[]> {
  if (service.job !== null) return [];
  const { desired } = generation;
  const rule = ruleOf(desired, service);
  const now = Date.now();
  const record = session.record()!;
  const { alive, lastAt, says } = readWatching(record, desired.watch, now);
  const breaker = await readBreaker(session, rule, now);
  const heals = record.watch.heals.since(app, service.name, now - week);
  const host = await session.host();
  return checkWatch({ host, desired, service, rule, watched: { alive, lastAt, says, breaker, heals } });
}

export function describeChecks(unit: string, checks: readonly Check[], style: Style): string {
  const marks = {
    ok: style.good("✓"),
    warning: style.warn("!"),
    failed: style.bad("✗"),
    unknown: style.warn("?"),
  };
  const kept = checks.filter((c) => c.result === "ok").length;
  const lines = [`${style.strong(unit)}  ${kept} of ${checks.length} promises kept`];
  for (const c of checks) {
    lines.push(
      `  ${marks[c.result]} ${c.promise}${c.result === "ok" && c.found === "in force" ? "" : style.dim(`  (${c.found})`)}`,
    );
    if (c.fix !== null && c.result !== "ok") lines.push(`      Fix: ${c.fix}`);
  }
  return lines.join("\n");
}
