import type { Host } from "../host/host.ts";
import { numberOf } from "../host/properties.ts";
import { monitoredIn, readGiveUp, type FoundGiveUp } from "../observe/give-up.ts";
import { touchedUnits } from "../plan/undo.ts";
import { exitCode } from "../report/diagnostic.ts";
import type { Change } from "../store/changes.ts";
import type { HealRow } from "../heal/heal-row.ts";
import { unitName, type UnitName } from "../value/unit-name.ts";
import type { Session } from "./session.ts";

/** holdfast record-give-up: started by systemd. Whatever goes wrong here, one line reaches the journal. */
export async function runRecordGiveUp(session: Session, app: string, name: string): Promise<number> {
  const unit = unitName(`${name}.service`);
  let found: FoundGiveUp;
  let since: string;
  let job = unit.slice(app.length + 1).replace(/\.service$/, "");
  try {
    const host = await session.host();
    since = await startOfRecorder(host, unitName(`${app}-give-up@${name}.service`));
    const monitored = monitoredIn(process.env, unit);
    const service = await findService(session, app, unit);
    job = service?.name ?? job;
    found = await readGiveUp(host, app, unit, service, { monitored, now: new Date() });
  } catch (error) {
    alert(session, `${unit} gave up. Why could not be found out: ${(error as Error).message}`);
    return exitCode.failed;
  }
  const { giveUp, reason, askedToStop } = found;
  try {
    const { changes, records, runs, watch } = session.writableRecord();
    if (runs.latest(app, job, 1)[0]?.result === "cancelled") {
      session.out.result({ recorded: "cancelled-run" }, `${unit} was cancelled: that is on record`);
      return exitCode.done;
    }
    if (askedToStop) {
      const intended = records.intents(app).get(unit)?.stopped;
      const { at, result } = giveUp;
      // A stop by holdfast is on record with the name of who asked for it, and one by a heal with its cause.
      if (!intended && !isOfHeal(watch.heals.latest(unit), Date.parse(at)))
        records.audit({
          at,
          who: "outside Holdfast",
          app,
          unit,
          action: "stop",
          why: null,
          result: `not clean (${result}): ${reason}`,
        });
      session.out.result({ recorded: "unclean-stop" }, `${unit} was asked to stop, and did not end cleanly`);
      return exitCode.done;
    }
    if (isBeingTried(changes.triedAt(app, since), unit)) {
      // Whoever tries a change sees how it ends, and the unit goes back to what it was.
      const { at, result } = giveUp;
      const failed = {
        at,
        who: "systemd",
        app,
        unit,
        action: "gave up while a change was tried",
        why: reason,
        result,
      };
      records.audit(failed);
      session.out.result({ recorded: "failed-try" }, `${unit} gave up while a change was tried: ${reason}`);
      return exitCode.done;
    }
    const ofJob = runs.latest(app, job, 1).length > 0;
    const fresh = records.recordGiveUp(giveUp, ofJob ? null : describeGiveUp(found));
    if (fresh) alert(session, describeGiveUp(found));
    session.out.result({ recorded: fresh ? "give-up" : "already", ...giveUp, evidence: undefined }, "");
    return exitCode.done;
  } catch (error) {
    alert(session, `${describeGiveUp(found)} This is not on record: ${(error as Error).message}`);
    return exitCode.failed;
  }
}

/** We look a little later than the unit ended; a heal may be over by then. */
function isOfHeal(heal: HealRow | null, at: number): boolean {
  return heal !== null && (heal.finished === null || heal.finished >= at - 60_000);
}

/** systemd starts it in the instant of the failure; we look later, when a change that caused it may be over. */
async function startOfRecorder(host: Host, recorder: UnitName): Promise<string> {
  const found = await host.systemd.properties(recorder, ["InactiveExitTimestamp"]);
  const micros = numberOf(found, "InactiveExitTimestamp");
  return (micros === 0 ? new Date() : new Date(micros / 1000)).toISOString();
}

function isBeingTried(change: Change | null, unit: string): boolean {
  if (!change) return false;
  const begun = change.plan.steps.slice(0, change.stepsBegun);
  return touchedUnits(change.plan, begun).some((touched) => touched.unit === unit);
}

/** Without the record the give-up is told all the same, with less evidence. */
async function findService(session: Session, app: string, unit: string) {
  try {
    const generation = await session.currentGeneration(app);
    return generation?.desired.services.find((service) => service.unit === unit) ?? null;
  } catch {
    return null;
  }
}

function describeGiveUp({ giveUp, reason }: FoundGiveUp): string {
  const { unit, result, exitCode: code, exitStatus } = giveUp;
  const facts = [`result ${result}`, ...(code === null ? [] : [`${code} ${exitStatus ?? ""}`.trim()])].join(
    ", ",
  );
  return `${unit} gave up: ${reason} (${facts}). systemd does not start it again. See: holdfast diagnose ${unit}; then: holdfast reset ${unit}`;
}

/** One line at level alert: systemd reads the prefix of what a unit writes (sd-daemon(3)). */
function alert(session: Session, text: string): void {
  session.out.note(`<1>${text.replaceAll("\n", " ")}`);
}
