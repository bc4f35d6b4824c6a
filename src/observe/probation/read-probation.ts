import type { WatchRule } from "../../compile/watch-rule.ts";
import { textOf } from "../../host/properties.ts";
import type { Host } from "../../host/host.ts";
import { readJournal } from "../../host/journal.ts";
import { HoldfastError } from "../../report/diagnostic.ts";
import type { UnitName } from "../../value/unit-name.ts";
import { journalOf } from "../masked-log.ts";
import { messageId } from "../message-ids.ts";
import type { Desired, DesiredService } from "../../plan/desired.ts";
import type { Change, Changes } from "../../store/changes.ts";
import type { Incidents } from "../../store/incidents.ts";
import type { Probations } from "../../store/probations.ts";
import type { Records } from "../../store/records.ts";
import type { Silences } from "../../store/silences.ts";
import type { WatchRecord } from "../../store/watch.ts";
import { judgeProbation, type Mark, type Probation, type ProbationFacts } from "./judge-probation.ts";

/** The parts of the record that a probation is judged by. */
export type ProbationRecord = {
  changes: Changes;
  records: Records;
  watch: WatchRecord;
  incidents: Incidents;
  silences: Silences;
  probations: Probations;
};

/** The reason that a drill's own window is on record with. */
export const drillReason = "holdfast drill";

/** More than that nobody can count as one failure more. */
const most = 1000;

/** How a service stands in its probation; null when it has none. A verdict that was given stays. */
export async function readProbation(
  host: Host,
  record: ProbationRecord,
  desired: Desired,
  service: DesiredService,
  now: number,
): Promise<Probation | null> {
  const rule = desired.probation ?? null;
  if (rule === null || service.job !== null) return null;
  const since = changedAt(record.changes, desired.app, service);
  if (since === null) return null;
  const judged = judgeProbation(rule, await readFacts(host, record, desired, service, since), now);
  const settled = record.probations.verdict(desired.app, service.name, since);
  return settled === null ? judged : { ...judged, ...settled };
}

/** When the service was last installed, changed or taken back to what it was. */
function changedAt(changes: Changes, app: string, { unit }: DesiredService): number | null {
  const isOf = ({ outcome, plan }: Change): boolean =>
    outcome === "applied" &&
    (plan.changes.some((one) => one.unit === unit && one.action !== "keep") ||
      plan.steps.some((step) => (step.kind === "start" || step.kind === "restart") && step.unit === unit));
  // A change is read with its whole plan: most often one of the latest is it.
  const change = changes.list(app, 5).find(isOf) ?? changes.list(app, 200).find(isOf);
  return change === undefined ? null : Date.parse(change.finished ?? change.started);
}

async function readFacts(
  host: Host,
  record: ProbationRecord,
  desired: Desired,
  { name, unit }: DesiredService,
  since: number,
): Promise<ProbationFacts> {
  const { app } = desired;
  const rule = desired.watch.services.find((one) => one.service === name);
  const events = record.watch.events(app, { service: name, since, limit: most }).toReversed();
  const restarts = events
    .filter(({ kind }) => kind === "restarted-by-systemd")
    .flatMap(({ at, says, data }): Mark[] =>
      Array.from({ length: Math.min(Number(data?.["restarts"] ?? 1), most) }, (): Mark => ({ at, says })),
    );
  const heals = record.watch.heals
    .since(app, name, since)
    .filter(({ counts }) => counts)
    .map(({ at, why }): Mark => ({ at, says: why }));
  const giveUps = record.records
    .giveUps(app, most)
    .filter((one) => one.unit === unit)
    .map(({ at, result }): Mark => ({ at: Date.parse(at), says: `it gave up (${result})` }))
    .toReversed();
  const state = await host.systemd.properties(unit, ["ActiveState", "SubState", "Result"]);
  const intent = record.records.intents(app).get(unit);
  const told = await readSystemd(host, desired, unit, since);
  // A watcher counts every restart, also one that happened while it was away.
  const crashes = desired.watch.supervision === "systemd" ? told.restarts : restarts;
  const trouble = [...crashes, ...heals, ...giveUps];
  return {
    since,
    crashes,
    limitHits: [
      ...events
        .filter(({ kind, check }) => kind === "check-failing" && isLimit(rule, check))
        .map(({ at, says }): Mark => ({ at, says })),
      ...told.outOfMemory,
    ],
    heals,
    giveUps,
    falseAlarms: record.incidents
      .list(app, { since, limit: most })
      .filter(
        ({ service, state: now, outcome, opened, resolved }) =>
          service === name &&
          now === "resolved" &&
          (outcome === "recovered" || outcome === "self-healed") &&
          !trouble.some(({ at }) => at >= opened - causedBefore && at <= (resolved ?? opened)),
      )
      .map(({ name: incident, title, opened }): Mark => ({ at: opened, says: `${incident}: ${title}` }))
      .toReversed(),
    spared: record.silences
      .list(app, most)
      .filter(({ why }) => why === drillReason)
      .map(({ since: from, ended, until }) => ({ from, to: ended ?? until ?? from })),
    down:
      textOf(state, "ActiveState") === "active"
        ? null
        : intent?.stopped
          ? `${intent.who} stopped it`
          : `${textOf(state, "ActiveState")} (${textOf(state, "SubState")}, ${textOf(state, "Result")})`,
  };
}

/** An incident follows its cause, sometimes by a whole round of checks. */
const causedBefore = 5 * 60_000;

/** What systemd itself has written down of a unit; where nobody watches there is nothing else. */
async function readSystemd(
  host: Host,
  { app }: Desired,
  unit: UnitName,
  since: number,
): Promise<{ restarts: Mark[]; outOfMemory: Mark[] }> {
  const restarts: Mark[] = [];
  const outOfMemory: Mark[] = [];
  const messageIds = [messageId.failureResult, messageId.restartScheduled, messageId.outOfMemory];
  let cause = "";
  try {
    const query = { ...journalOf(host, app, [unit]), since: since * 1000, messageIds };
    for await (const { time, from, messageId: id, fields } of readJournal(query)) {
      if (from !== "systemd") continue;
      const at = Math.floor(time / 1000);
      if (id === messageId.failureResult) cause = fields["UNIT_RESULT"] ?? "";
      if (id === messageId.outOfMemory)
        outOfMemory.push({ at, says: "a process of it was ended for want of memory" });
      if (id === messageId.restartScheduled)
        restarts.push({ at, says: `systemd restarted it${cause === "" ? "" : `: ${cause}`}` });
    }
  } catch (error) {
    // Whoever may not read the journal may give no verdict either.
    if (!(error instanceof HoldfastError)) throw error;
  }
  return { restarts, outOfMemory };
}

function isLimit(rule: WatchRule | undefined, check: string | null): boolean {
  const kind = rule?.checks.find(({ id }) => id === check)?.look.kind;
  return kind === "memory" || kind === "cpu";
}
