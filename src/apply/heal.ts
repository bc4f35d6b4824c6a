import { HoldfastError } from "../report/diagnostic.ts";
import type { DesiredService } from "../plan/desired.ts";
import type { WatchRule } from "../compile/watch-rule.ts";
import { readUnit, type UnitLook } from "./unit-look.ts";
import type { WatchRecord } from "../store/watch.ts";
import type { HealRow, HealStep } from "../heal/heal-row.ts";
import type { ApplyContext } from "./context.ts";
import { describeReady, endHeal } from "./heal-record.ts";
import { killRest, reloadForHeal, startAgain, stopForHeal, tryMending } from "./heal-steps.ts";
import { unlessInterrupted } from "./pause.ts";
import { removeTries } from "./sandbox-run.ts";
import { waitReady } from "./wait-ready.ts";

/** What a heal needs besides the host: its record, and eyes that belong to later steps of the flow. */
export type HealTools = {
  record: WatchRecord;
  rule: Pick<WatchRule, "heal">;
  service: DesiredService;
  /** Writes down what is to be seen before anything is ended, and returns where. */
  gatherEvidence: (row: HealRow) => Promise<string>;
  /** Asks the checks that may heal, once: null when all of them are good, otherwise what is not. */
  askChecks: () => Promise<string | null>;
  /** Somebody stopped it on purpose, or a breaker holds it: it must not run, and no heal changes that. */
  mustNotRun: () => Promise<string | null>;
  /** What stands in the way of beginning, such as a change that was cut short; no reason to leave it stopped halfway. */
  inTheWay: () => Promise<string | null>;
  /** Has the journal of the unit tell it, at a level of syslog(3). */
  tell: (level: number, text: string) => Promise<void>;
};

export type Carried =
  /** It runs and is ready; whether that has helped is for the watcher to see, who ends the heal. */
  { state: "proving" } | { state: "ended"; outcome: NonNullable<HealRow["outcome"]>; detail: string };

const warning = 4;
const error = 3;

/** What each act consists of, in order. */
function stepsOf(row: Pick<HealRow, "act" | "counts">, rule: HealTools["rule"]): readonly HealStep[] {
  // A person who asks for a restart wants one, and a planned one has nothing to mend.
  const mends = rule.heal.runFirst !== null && row.counts && (row.act === "restart" || row.act === "reload");
  const first: HealStep[] = ["evidence", ...(mends ? (["run-first"] as const) : [])];
  switch (row.act) {
    case "restart":
    case "recycle":
      return [...first, "stop", "kill-rest", "start", "ready", "prove"];
    case "reload":
      return [...first, "start", "ready", "prove"];
    case "stop":
      return [...first, "stop", "kill-rest"];
  }
}

/**
 * Carries out a heal from its row, from where an earlier try of it was cut short. Each step is on record before it acts and
 * may be done twice. Only what was running when the heal was decided is ended: a run that began since is left alone. Throws
 * when it is interrupted; the row stays open then, and the next try goes on from it.
 */
export async function carryHeal(context: ApplyContext, id: number, tools: HealTools): Promise<Carried> {
  const { record } = tools;
  const row = record.heals.get(id)!;
  if (row.finished !== null) return { state: "ended", outcome: row.outcome!, detail: row.detail ?? "" };
  const steps = stepsOf(row, tools.rule);
  const begun = row.step === null ? -1 : steps.indexOf(row.step);
  if (row.step === null) await tools.tell(warning, `${row.act} of ${row.unit} by ${row.who}: ${row.why}`);
  else await removeTries(context.host, row.app);
  try {
    for (const step of steps.slice(Math.max(0, begun))) {
      const obstacle = await findObstacle(context, record.heals.get(id)!, step, tools);
      if (obstacle !== null) return await end(context, id, "superseded", obstacle, tools);
      note(step, () => record.heals.beginStep(id, step));
      const ended = await doStep(step, context, id, tools);
      if (ended !== null) return await end(context, id, "helped", ended, tools);
    }
  } catch (cause) {
    if (!(cause instanceof HoldfastError) || isPutOff(cause)) throw cause;
    const summary = cause.diagnostics[0]?.summary ?? cause.message;
    return end(context, id, "failed", `${row.act} did not help: ${summary}`, tools);
  }
  return row.act === "stop"
    ? end(context, id, "helped", "it is stopped, and nothing of it is left", tools)
    : { state: "proving" };
}

/** Returns how the heal has come to a good end already, or null. */
async function doStep(
  step: HealStep,
  context: ApplyContext,
  id: number,
  tools: HealTools,
): Promise<string | null> {
  const { record, service } = tools;
  const row = record.heals.get(id)!;
  switch (step) {
    case "evidence":
      await takeEvidence(context, row, tools);
      return null;
    case "run-first": {
      const says = await tryMending(context, service, tools.rule.heal.runFirst!);
      const still = says.ok ? await tools.askChecks() : says.found;
      return still === null ? `${tools.rule.heal.runFirst![0]} has mended it; nothing was restarted` : null;
    }
    case "stop":
      await stopForHeal(context, service, row, (alongside) => record.heals.note(id, { alongside }));
      return null;
    case "kill-rest":
      await killRest(context, service);
      return null;
    case "start":
      await (row.act === "reload" ? reloadForHeal(context, service) : startAgain(context, service, row));
      return null;
    case "ready": {
      await waitReady(context, service);
      const readyAt = context.now().getTime();
      const { pid } = await readUnit(context.host, service.unit);
      note(step, () => record.heals.note(id, { pidAfter: pid, readyAt }));
      await tools.tell(warning, `${row.act} of ${row.unit}: ${describeReady(row, pid, readyAt)}`);
      return null;
    }
    case "prove":
      return null;
  }
}

/** Whatever goes wrong with it: a service that hangs is not left hanging because nobody could write down how. */
async function takeEvidence(context: ApplyContext, row: HealRow, tools: HealTools): Promise<void> {
  const { pid, invocation } = await readUnit(context.host, tools.service.unit);
  tools.record.heals.note(row.id, {
    ...(row.invocationBefore === null && invocation !== "" ? { invocationBefore: invocation } : {}),
    ...(row.pidBefore === null && pid !== 0 ? { pidBefore: pid } : {}),
  });
  try {
    const evidence = await unlessInterrupted(tools.gatherEvidence(row), context.signal);
    tools.record.heals.note(row.id, { evidence });
  } catch (cause) {
    if (context.signal.aborted) throw cause;
    await tools.tell(warning, `no evidence of heal ${row.id} could be kept: ${(cause as Error).message}`);
  }
}

/** Why the heal must not go on with a step: what it was decided about is no longer so. */
async function findObstacle(
  { host }: ApplyContext,
  row: HealRow,
  step: HealStep,
  tools: HealTools,
): Promise<string | null> {
  // Its breaker is open: whichever run there is, it is to end.
  if (row.act === "stop") return null;
  const forbidden = await tools.mustNotRun();
  if (forbidden !== null) return forbidden;
  const now = await readUnit(host, tools.service.unit);
  const ended = row.step !== null && afterStop.has(row.step);
  if (!ended) {
    const wrongRun = describeOtherRun(row, now);
    if (wrongRun !== null) return wrongRun;
  }
  // Once it may have been stopped by us, it is ours to start again.
  const stopped = ended || (row.step === "stop" && !now.up);
  return stopped || afterStop.has(step) ? null : tools.inTheWay();
}

const afterStop: ReadonlySet<HealStep> = new Set(["kill-rest", "start", "ready", "prove"]);

function describeOtherRun(row: HealRow, now: UnitLook): string | null {
  const other =
    row.invocationBefore === null
      ? row.pidBefore !== null && row.pidBefore !== 0 && now.pid !== 0 && now.pid !== row.pidBefore
      : now.up && now.invocation !== row.invocationBefore;
  return other ? `it was started anew in the meantime (pid ${now.pid})` : null;
}

async function end(
  context: ApplyContext,
  id: number,
  outcome: NonNullable<HealRow["outcome"]>,
  detail: string,
  { record, tell }: HealTools,
): Promise<Carried> {
  const row = record.heals.get(id)!;
  await tell(outcome === "failed" ? error : warning, `${row.act} of ${row.unit}: ${detail}`);
  endHeal(record, id, context.now().getTime(), outcome, detail);
  return { state: "ended", outcome, detail };
}

/** A record that cannot be written keeps a heal from beginning, but never a stopped service from being started again. */
function note(step: HealStep, write: () => void): void {
  try {
    write();
  } catch (cause) {
    if (!afterStop.has(step)) throw cause;
  }
}

/** The heal itself has not failed: it was interrupted, or could not be recorded. */
function isPutOff(cause: HoldfastError): boolean {
  return ["apply/interrupted", "store/unusable"].includes(cause.diagnostics[0]?.code ?? "");
}
