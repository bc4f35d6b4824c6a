import { worsen } from "./change-incident.ts";
import type { Alert, Incident } from "./incident.ts";
import { openIncident } from "./new-incident.ts";
import { isWorse } from "../value/severity.ts";
import { note, takeStep } from "./take-step.ts";
import type { Telling } from "./telling.ts";

const minute = 60_000;
/** Services that fail within so short a time fail together. */
const together = 30_000;
const manyServices = 3;
/** Opens the third time within an hour: it comes and goes. */
const flapping = { times: 3, within: 60 * minute };
/** What somebody called over and is not; and for so long must it be calm that came and went. */
export const reopens = 30 * minute;
/** In openedBy of an incident that gathers several services. */
const severalServices = "several services";

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
