import type { Alert, Incident } from "./incident.ts";
import { resolveIncident, worsen } from "./change-incident.ts";
import { join, reopens } from "./join-incident.ts";
import { openIncident } from "./new-incident.ts";
import { isWorse } from "../value/severity.ts";
import { itself, note, silenceOf, takeStep } from "./take-step.ts";
import type { Telling } from "./telling.ts";
import { alertKey, type Transition } from "./transition.ts";

const hour = 3_600_000;

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

/** Over means shown to be good: the last alert's end is the incident's, after half an hour of calm when it comes and goes. */
function clear(
  telling: Telling,
  { service, source, subject, says, unseen }: Extract<Transition, { change: "clear" }>,
): void {
  const { store, now, file } = telling;
  const alert = store.incidents.openAlert(alertKey(file.app, service, source, subject));
  if (alert === null) return;
  store.incidents.clearAlert(alert.id, now);
  const incident = alert.incident === null ? null : store.incidents.get(alert.incident);
  if (incident === null || incident.state === "resolved") return;
  note(telling, incident, "cleared", says);
  if (store.incidents.alertsOf(incident.id).some(({ cleared }) => cleared === null)) return;
  if (unseen) resolveIncident(telling, incident, { outcome: "no-data", by: itself, says });
  else if (incident.flapping) {
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
