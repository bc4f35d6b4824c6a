import type { Alert, Incident } from "./incident.ts";
import { resolveIncident, worsen } from "./change-incident.ts";
import { isWorse } from "./severity.ts";
import { itself, note, silenceOf, takeStep } from "./take-step.ts";
import type { Telling } from "./telling.ts";
import { alertKey, type Transition } from "./transition.ts";

const minute = 60_000;
const hour = 60 * minute;
/** Services that fail within so short a time fail together. */
const together = 30_000;
const manyServices = 3;
/** Opens the third time within an hour: it comes and goes. */
const flapping = { times: 3, within: hour };
/** What somebody called over and is not. */
const reopens = 30 * minute;
/** In openedBy of an incident that gathers several services. */
export const severalServices = "several services";

export type Raised = Extract<Transition, { change: "raise" | "once" }>;

/** Takes what happened into alerts and incidents, and puts what is to be told into the outbox. */
export function takeTransition(telling: Telling, transition: Transition): void {
  switch (transition.change) {
    case "raise":
      raise(telling, transition);
      return;
    case "once":
      return once(telling, transition);
    case "clear":
      return clear(telling, transition);
    case "note":
      return takeNote(telling, transition);
  }
}

/** Opens an alert, or takes what is new about an open one. Returns the incident that it is part of; null while a window holds it back. */
export function raise(telling: Telling, raised: Raised): Incident | null {
  const { store, file } = telling;
  const { incidents } = store;
  const { at, service, source, subject } = raised;
  const key = alertKey(file.app, service, source, subject);
  const known = incidents.openAlert(key);
  if (known !== null) return again(telling, known, raised);
  const window = silenceOf(telling, file.app, service);
  const held = window !== null && window.kind !== "mute";
  const id = incidents.addAlert({
    ...alertOf(telling, raised, key),
    heldUntil: held ? (window.until ?? at + hour) : null,
    heldWhy: held ? `${window.kind} by ${window.who}: ${window.why}` : null,
  });
  if (held) {
    telling.wake();
    return null;
  }
  return join(telling, { ...incidents.openAlert(key)!, id }, raised.mayHeal);
}

function again(telling: Telling, known: Alert, { severity, says, mayHeal }: Raised): Incident | null {
  const { incidents } = telling.store;
  const worse = isWorse(severity, known.severity);
  incidents.changeAlert(known.id, { severity: worse ? severity : known.severity, says });
  const incident = known.incident === null ? null : incidents.get(known.incident);
  if (incident === null || !worse) return incident;
  note(telling, incident, "worse", says);
  return worsen(telling, incident, severity, says, mayHeal);
}

/** Makes an alert part of an incident: the open one of its service, one of several services, one that comes back, or a new one. */
export function join(telling: Telling, alert: Alert, mayHeal: boolean): Incident {
  const { incidents } = telling.store;
  const open = openIncidentFor(telling, alert);
  if (open !== null) {
    incidents.joinAlert(alert.id, open.id);
    note(telling, open, "joined", alert.says);
    const calm = open.calmAt === null ? open : incidents.change(open.id, { calmAt: null });
    const joined = worsen(telling, calm, alert.severity, alert.says, mayHeal);
    return waitsInVain(telling, joined, alert, mayHeal) ? takeStep(telling, joined, alert.says) : joined;
  }
  const back = comesBack(telling, alert, mayHeal);
  if (back !== null) return back;
  const incident = openIncident(telling, alert, mayHeal);
  incidents.joinAlert(alert.id, incident.id);
  return mayHeal ? incident : takeStep(telling, incident, "it has just begun");
}

/** It waits for a heal, and this is as bad and mended by none. */
function waitsInVain({ now }: Telling, incident: Incident, alert: Alert, mayHeal: boolean): boolean {
  const waits = incident.toldAt === null && incident.due !== null && incident.due > now;
  return waits && !mayHeal && !isWorse(incident.severity, alert.severity);
}

function openIncidentFor(telling: Telling, alert: Alert): Incident | null {
  const { incidents } = telling.store;
  const { app, service } = alert;
  if (service === null) {
    // What is about the application itself is not mixed: a broken channel is no drift.
    const last = incidents.lastIncidentOf(alert.key);
    return last === null || last.state === "resolved" ? null : last;
  }
  const own = incidents.unresolvedOf(app, service);
  if (own !== null) return own;
  const unresolved = incidents.unresolved(app);
  const wide = unresolved.find(({ openedBy }) => openedBy === severalServices);
  if (wide) return wide;
  const burst = unresolved.filter(
    (one) => one.service !== null && one.service !== service && one.opened > alert.opened - together,
  );
  const services = [...new Set(burst.map((one) => one.service))];
  if (services.length + 1 < manyServices) return null;
  const [first] = burst;
  const title = `several services fail together: ${[...services, service].join(", ")}`;
  note(telling, first!, "joined", title);
  return incidents.change(first!.id, { service: null, openedBy: severalServices, title });
}

/** The same incident again: what was called over by hand too early, or what comes and goes. */
function comesBack(telling: Telling, alert: Alert, mayHeal: boolean): Incident | null {
  const { store, now } = telling;
  const { incidents } = store;
  const last = incidents.lastIncidentOf(alert.key);
  if (last === null || last.state !== "resolved" || last.resolved === null) return null;
  const byHand = last.outcome === "by-hand" && now - last.resolved <= reopens;
  const times = incidents.openings(alert.key, now - flapping.within);
  const flaps = times >= flapping.times && now - last.resolved <= flapping.within;
  if (!byHand && !flaps) return null;
  incidents.joinAlert(alert.id, last.id);
  const says = flaps
    ? `it comes and goes: ${times} times within an hour`
    : "it was called over, and fails again";
  note(telling, last, flaps ? "flapping" : "reopened", `${says}: ${alert.says}`);
  const waits = mayHeal && !flaps;
  const severity = isWorse(alert.severity, last.severity) ? alert.severity : last.severity;
  const incident = incidents.change(last.id, {
    state: "open",
    severity,
    policy: telling.file.policies[severity],
    title: flaps ? `${alert.says} (${says})` : alert.says,
    flapping: last.flapping || flaps,
    calmAt: null,
    resolved: null,
    resolvedBy: null,
    outcome: null,
    ackedAt: null,
    ackedBy: null,
    ackUntil: null,
    step: 0,
    repeats: 0,
    exhausted: false,
    due: waits ? now + telling.file.waitForHeal : now,
    dueWhy: says,
  });
  telling.wake();
  return waits ? incident : takeStep(telling, incident, says);
}

function openIncident(telling: Telling, alert: Omit<Alert, "id">, mayHeal: boolean): Incident {
  const { store, file, now, random, wake } = telling;
  const policy = file.policies[alert.severity];
  const incident = store.incidents.add({
    ...newIncident(now),
    name: incidentName(now),
    dedupKey: random(),
    app: alert.app,
    service: alert.service,
    severity: alert.severity,
    title: alert.says,
    opened: alert.opened,
    policy,
    due: mayHeal ? now + file.waitForHeal : null,
    dueWhy: mayHeal ? "nothing has mended it by itself" : null,
    respondBy: policy.respond === null ? null : alert.opened + policy.respond,
    resolveBy: policy.resolve === null ? null : alert.opened + policy.resolve,
  });
  wake();
  store.reviews.putDuties(incident);
  note(telling, incident, "opened", alert.says);
  return incident;
}

/** What every incident begins with. */
export function newIncident(opened: number) {
  return {
    opened,
    openedBy: itself,
    state: "open",
    flapping: false,
    ackedAt: null,
    ackedBy: null,
    ackUntil: null,
    resolved: null,
    resolvedBy: null,
    outcome: null,
    step: 0,
    toldAt: null,
    repeats: 0,
    due: null,
    dueWhy: null,
    exhausted: false,
    respondBy: null,
    late: false,
    resolveBy: null,
    remindAt: null,
    calmAt: null,
    evidence: null,
    reviewed: null,
  } as const satisfies Partial<Incident>;
}

/** INC-20261129-155003, in UTC. */
export function incidentName(at: number): string {
  const digits = new Date(at).toISOString().replaceAll(/\D/g, "");
  return `INC-${digits.slice(0, 8)}-${digits.slice(8, 14)}`;
}

/** Over means shown to be good: the last alert's end is the incident's, after half an hour of calm when it comes and goes. */
function clear(
  telling: Telling,
  { service, source, subject, says }: Extract<Transition, { change: "clear" }>,
): void {
  const { store, now, file } = telling;
  const alert = store.incidents.openAlert(alertKey(file.app, service, source, subject));
  if (alert === null) return;
  store.incidents.clearAlert(alert.id, now);
  const incident = alert.incident === null ? null : store.incidents.get(alert.incident);
  if (incident === null || incident.state === "resolved") return;
  note(telling, incident, "cleared", says);
  if (store.incidents.alertsOf(incident.id).some(({ cleared }) => cleared === null)) return;
  if (incident.flapping) {
    store.incidents.change(incident.id, { calmAt: now + reopens });
    telling.wake();
  } else resolveIncident(telling, incident, { outcome: "recovered", by: itself, says });
}

/** The open incident of a service: its own, or one of several services that an open alert of it is part of. */
function openIncidentOf({ store, file }: Telling, service: string): Incident | null {
  const own = store.incidents.unresolvedOf(file.app, service);
  if (own !== null) return own;
  const alert = store.incidents
    .openAlertsOf(file.app)
    .find((one) => one.service === service && one.incident !== null);
  return alert === undefined ? null : store.incidents.get(alert.incident!);
}

/** Joins what is open; otherwise it is on record as over, and told as the severity has it. */
function once(telling: Telling, raised: Raised): void {
  const { store, file, now } = telling;
  const { incidents } = store;
  const { service, source, subject } = raised;
  const open = service === null ? null : openIncidentOf(telling, service);
  if (open !== null) return note(telling, open, "heal", raised.says);
  const key = alertKey(file.app, service, source, subject);
  const last = incidents.lastIncidentOf(key);
  const ofDay = incidents.openings(key, now - 24 * hour) + 1;
  // A slow loop is more than a blip, and is told once a day.
  const often = source === "restarted" && ofDay === mostRestarts + 1;
  if (!often && last?.resolved && now - last.resolved <= hour) {
    incidents.addAlert({ ...alertOf(telling, raised, key), cleared: now, incident: last.id });
    return note(telling, last, "heal", raised.says);
  }
  const says = often
    ? `${raised.says}; that is ${ofDay} times within a day`
    : ofDay > 1
      ? `${raised.says} (number ${ofDay} within a day)`
      : raised.says;
  const severity = often && !isWorse(raised.severity, "warning") ? "warning" : raised.severity;
  const window = silenceOf(telling, file.app, service);
  const alert = { ...alertOf(telling, { ...raised, severity, says }, key), cleared: now };
  if (window !== null && window.kind !== "mute") return void incidents.addAlert(alert);
  const incident = openIncident(telling, alert, true);
  incidents.addAlert({ ...alert, incident: incident.id });
  resolveIncident(telling, incident, { outcome: "self-healed", by: itself, says, severity });
}

/** More restarts by systemd within a day than this are worth a word. */
const mostRestarts = 3;

function alertOf({ file }: Telling, { at, service, severity, says }: Raised, key: string): Omit<Alert, "id"> {
  return {
    key,
    app: file.app,
    service,
    severity,
    says,
    opened: at,
    cleared: null,
    incident: null,
    heldUntil: null,
    heldWhy: null,
  };
}

function takeNote(telling: Telling, { service, says, hurry }: Extract<Transition, { change: "note" }>): void {
  const { now } = telling;
  const incident = service === null ? null : openIncidentOf(telling, service);
  if (incident === null) return;
  note(telling, incident, "heal", says);
  // What was waited for did not help.
  if (hurry && incident.toldAt === null && incident.due !== null && incident.due > now)
    takeStep(telling, incident, says);
}
