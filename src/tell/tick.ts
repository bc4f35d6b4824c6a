import { describeDuration } from "../value/duration.ts";
import { resolveIncident } from "./change-incident.ts";
import { describeIncident } from "./describe-incident.ts";
import type { Incident } from "./incident.ts";
import { channelOf, putMessage } from "./put-messages.ts";
import { join } from "./join-incident.ts";
import { raise } from "./raise.ts";
import { itself, note, silenceOf, takeStep } from "./take-step.ts";
import type { Telling } from "./telling.ts";
import { severityOf } from "./transition.ts";

/** Does all that is due by now: steps, deadlines, ends of acknowledgements and windows, reminders, messages that ran out. */
export function tick(telling: Telling): void {
  const { store, file } = telling;
  releaseHeld(telling);
  for (const incident of store.incidents.unresolved(file.app)) tickIncident(telling, incident);
  for (const row of store.outbox.expired(file.app, telling.now)) expire(telling, row);
}

/** Alerts that a window has held back, and that are still there at its end, are told at once, with since when. */
function releaseHeld(telling: Telling): void {
  const { store, file, now } = telling;
  for (const alert of store.incidents.heldAlerts(file.app)) {
    const silence = silenceOf(telling, file.app, alert.service);
    if (silence !== null && silence.kind !== "mute") {
      const until = silence.until ?? now + 3_600_000;
      if (alert.heldUntil === null || alert.heldUntil < until)
        store.incidents.holdAlert(alert.id, until, `${silence.kind} by ${silence.who}: ${silence.why}`);
      continue;
    }
    join(telling, alert, false);
  }
}

function tickIncident(telling: Telling, found: Incident): void {
  const { store, now } = telling;
  const { incidents } = store;
  let incident = found;
  if (incident.calmAt !== null && incident.calmAt <= now) {
    resolveIncident(telling, incident, { outcome: "recovered", by: itself, says: "calm for half an hour" });
    return;
  }
  if (incident.state === "acknowledged" && incident.ackUntil !== null && incident.ackUntil <= now) {
    note(telling, incident, "acknowledgement-ended", `the acknowledgement by ${incident.ackedBy} has ended`);
    incident = incidents.change(incident.id, { state: "open", step: 0, repeats: 0, exhausted: false });
    incident = takeStep(telling, incident, "it was acknowledged, and is still open");
  }
  if (
    incident.respondBy !== null &&
    incident.respondBy <= now &&
    incident.ackedAt === null &&
    !incident.late
  ) {
    note(telling, incident, "late", `nobody has answered by ${new Date(incident.respondBy).toISOString()}`);
    incident = incidents.change(incident.id, { late: true });
  }
  if (incident.resolveBy !== null && incident.resolveBy <= now) incident = overdue(telling, incident);
  else if (incident.due !== null && incident.due <= now) incident = dueStep(telling, incident);
  if (incident.remindAt !== null && incident.remindAt <= now) remind(telling, incident);
}

/** Not resolved in time: the next level, though somebody has acknowledged it. */
function overdue(telling: Telling, incident: Incident): Incident {
  const { store, now } = telling;
  const { policy } = incident;
  const within = describeDuration(policy.resolve!);
  const taken = takeStep(telling, incident, `not resolved within ${within}`);
  const isLast = incident.step >= policy.steps.length - 1;
  return store.incidents.change(incident.id, {
    resolveBy: isLast ? null : now + policy.resolve!,
    // An acknowledgement stops what waits for one.
    ...(taken.state === "acknowledged" ? { due: null, dueWhy: null } : {}),
  });
}

function dueStep(telling: Telling, incident: Incident): Incident {
  const { store, now } = telling;
  const { policy, repeats } = incident;
  if (incident.state === "acknowledged")
    return store.incidents.change(incident.id, { due: null, dueWhy: null });
  // Its alerts are over for now, and it is waited whether it stays calm.
  if (incident.calmAt !== null) return store.incidents.change(incident.id, { due: incident.calmAt });
  if (policy.repeat !== null && repeats >= policy.repeat.times && incident.step >= policy.steps.length) {
    note(
      telling,
      incident,
      "exhausted",
      "every step and every repetition was gone through, and nobody has answered",
    );
    return store.incidents.change(incident.id, { exhausted: true, due: null, dueWhy: null });
  }
  if (incident.toldAt === null) {
    const waited = describeDuration(Math.max(0, now - incident.opened));
    return takeStep(telling, incident, incident.dueWhy ?? `it lasts for ${waited}`);
  }
  return takeStep(telling, incident, incident.dueWhy ?? "nobody has answered");
}

/** All who were told hear that it is still open; not while somebody is at it. */
function remind(telling: Telling, incident: Incident): void {
  const { store, now } = telling;
  const every = incident.policy.remind!;
  store.incidents.change(incident.id, { remindAt: now + every });
  if (incident.state !== "open" || incident.due !== null) return;
  if (silenceOf(telling, incident.app, incident.service) !== null) return;
  for (const target of toldTargets(telling, incident))
    putMessage(telling, target, {
      kind: "reminder",
      incident,
      severity: incident.severity,
      title: incident.title,
      lines: describeIncident(telling, incident, { level: null, why: "still open" }),
      service: incident.service,
      at: incident.opened,
    });
}

/** Who was told of an incident, or is about to be. */
export function toldTargets({ store }: Telling, incident: Incident): string[] {
  const rows = store.outbox
    .ofIncident(incident.id)
    .filter(({ status }) => status === "sent" || status === "pending");
  return [...new Set(rows.map(({ target }) => target))];
}

/** The end of a message's time to live is itself an alert, on the other channels. */
function expire(
  telling: Telling,
  row: { id: number; target: string; lastError: string | null; title: string },
): void {
  const { store, now } = telling;
  store.outbox.markDead([row.id], now, `its time to live ended; ${row.lastError ?? "it was never tried"}`);
  tellBrokenChannel(
    telling,
    row.target,
    `a message could not be delivered in time (${row.title}): ${row.lastError ?? "it was never tried"}`,
  );
}

/** Opens notification-channel-broken for the channel of a target; never told by that channel itself. */
export function tellBrokenChannel(telling: Telling, target: string, says: string): void {
  const { file, now } = telling;
  const channel = channelOf(file, target)?.name ?? target;
  raise(telling, {
    change: "raise",
    at: now,
    service: null,
    source: "channel",
    subject: channel,
    severity: severityOf(file, "channel"),
    says: `notification-channel-broken: ${channel}: ${says}`,
    mayHeal: false,
  });
}

/** The next moment at which tick has something to do; null when nothing is to come. */
export function nextTick({ store, file }: Telling): number | null {
  const moments = [
    ...store.incidents
      .unresolved(file.app)
      .flatMap((one) => [
        one.due,
        one.calmAt,
        one.resolveBy,
        one.remindAt,
        one.state === "acknowledged" ? one.ackUntil : null,
        one.late || one.ackedAt !== null ? null : one.respondBy,
      ]),
    ...store.incidents.heldAlerts(file.app).map(({ heldUntil }) => heldUntil),
  ].filter((at) => at !== null);
  return moments.length === 0 ? null : Math.min(...moments);
}
