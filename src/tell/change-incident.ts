import { describeDuration } from "../value/duration.ts";
import { takes } from "./channels/takes.ts";
import { describeEnd } from "./describe-incident.ts";
import { putDuties } from "./duties.ts";
import type { Incident, IncidentOutcome, OutboxRow } from "./incident.ts";
import { rungAt, targetsOf } from "./ladder.ts";
import { channelOf, putMessage } from "./put-messages.ts";
import { isWorse, type Severity } from "../value/severity.ts";
import { hurryPutOff, itself, takeStep } from "./take-step.ts";
import type { Telling } from "./telling.ts";

/** A rise is told from the first step on, by the rules of the new severity, whoever has acknowledged the old one. */
export function worsen(
  telling: Telling,
  incident: Incident,
  severity: Severity,
  says: string,
  mayHeal: boolean,
): Incident {
  if (!isWorse(severity, incident.severity)) return incident;
  const { store, now, file } = telling;
  const policy = file.policies[severity];
  const from = incident.policy.label;
  const changed = store.incidents.change(incident.id, {
    severity,
    policy,
    title: incident.service === null ? incident.title : says,
    state: "open",
    ackUntil: null,
    step: 0,
    repeats: 0,
    exhausted: false,
    respondBy: policy.respond === null ? incident.respondBy : now + policy.respond,
    resolveBy: policy.resolve === null ? incident.resolveBy : now + policy.resolve,
  });
  putDuties(store.reviews, changed);
  store.incidents.addEvent(incident.id, now, "worse", itself, `from ${from} to ${policy.label}: ${says}`);
  const waits = mayHeal && incident.toldAt === null && incident.due !== null;
  return waits ? changed : takeStep(telling, changed, `it got worse: ${policy.label}`, "update");
}

export type Ending = {
  outcome: IncidentOutcome;
  by: string;
  says: string;
  /** What it is called in the end, when nobody was told; info where it is not given. */
  severity?: Severity;
};

/** Ends an incident, and tells exactly those who were told of it. */
export function resolveIncident(telling: Telling, incident: Incident, ending: Ending): Incident {
  const { store, now } = telling;
  const unheard = incident.toldAt === null && ending.outcome !== "by-hand";
  const outcome = unheard && ending.outcome === "recovered" ? "self-healed" : ending.outcome;
  const severity = unheard ? (ending.severity ?? "info") : incident.severity;
  const resolved = store.incidents.change(incident.id, {
    state: "resolved",
    severity,
    resolved: now,
    resolvedBy: ending.by,
    outcome,
    due: null,
    dueWhy: null,
    remindAt: null,
    calmAt: null,
    resolveBy: null,
    flapping: false,
  });
  const lasted = describeDuration(Math.max(0, now - incident.opened));
  store.incidents.addEvent(
    incident.id,
    now,
    "resolved",
    ending.by,
    `${outcome} after ${lasted}: ${ending.says}`,
  );
  endMutes(telling, incident);
  const targets = new Set(store.outbox.ofIncident(incident.id).map(({ target }) => target));
  for (const target of targets) closeFor(telling, resolved, target, ending.says);
  if (unheard) tellSelfHealed(telling, resolved, ending.says);
  return resolved;
}

/** A mute that was to last as long as the trouble: of its service, or of all of the application. */
function endMutes(telling: Telling, { app, service }: Incident): void {
  const { store, now } = telling;
  const allIsOver = store.incidents.unresolved(app).length === 0;
  for (const silence of store.silences.inForce(app, now, service)) {
    const isOver = silence.service === null ? allIsOver : silence.service === service;
    if (silence.untilResolved && isOver) store.silences.endOne(silence.id, now);
  }
  hurryPutOff(telling);
}

/** No end without a beginning: who has not heard of it yet hears both in one, and who may have heard of it hears of the end. */
function closeFor(telling: Telling, incident: Incident, target: string, says: string): void {
  const { store, now, file } = telling;
  const rows = store.outbox.ofIncidentTo(incident.id, target);
  const channel = channelOf(file, target);
  const heard = rows.some((row) => row.status === "sent" || mayHaveBeenSent(row, now));
  const pending = rows.filter((row) => row.status === "pending" && !mayHaveBeenSent(row, now));
  const event = channel?.settings.kind === "pagerduty" && incident.severity === "critical";
  const lines = describeEnd(telling, incident, says);
  const message = { incident, severity: incident.severity, lines, service: incident.service, at: now };
  if (heard || event) {
    const overtaken = event && !heard ? pending.slice(1) : pending;
    store.outbox.supersede(idsOf(overtaken), now, "it is over");
    putMessage(telling, target, { ...message, kind: "resolve", title: `over: ${incident.title}` });
    return;
  }
  if (pending.length === 0 && rows.every(({ status }) => status !== "dead")) return;
  store.outbox.supersede(idsOf(pending), now, "it was over before it could be told");
  if (channel !== null && takes(channel.settings.kind, "recovered"))
    putMessage(telling, target, {
      ...message,
      kind: "recovered",
      title: `was down, recovered: ${incident.title}`,
    });
}

/** It is being sent, or a try had no answer. */
function mayHaveBeenSent({ status, leaseUntil, ambiguous, attempts }: OutboxRow, now: number): boolean {
  const leased = leaseUntil !== null && (leaseUntil > now || attempts > 0);
  return status === "pending" && (ambiguous || leased);
}

function idsOf(rows: readonly OutboxRow[]): number[] {
  return rows.map(({ id }) => id);
}

/** Nobody had to be told; who wants to hear of such things is told once, that it is over. */
function tellSelfHealed(telling: Telling, incident: Incident, says: string): void {
  const { file, now } = telling;
  const policy = file.policies[incident.severity];
  const rung = rungAt(file, policy, incident.severity, 0, now);
  if (rung.kind !== "tell") return;
  for (const target of targetsOf(rung.contacts))
    putMessage(telling, target, {
      kind: "notice",
      incident,
      severity: incident.severity,
      title: `already over: ${incident.title}`,
      lines: describeEnd(telling, incident, says),
      service: incident.service,
      at: now,
    });
}
