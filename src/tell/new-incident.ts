import { putDuties } from "./duties.ts";
import type { Alert, Incident } from "./incident.ts";
import { itself, note } from "./take-step.ts";
import type { Telling } from "./telling.ts";

/** Opens an incident for an alert, and waits for a heal where one may mend it. Nobody is told yet. */
export function openIncident(telling: Telling, alert: Omit<Alert, "id">, mayHeal: boolean): Incident {
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
  putDuties(store.reviews, incident);
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
function incidentName(at: number): string {
  const digits = new Date(at).toISOString().replaceAll(/\D/g, "");
  return `INC-${digits.slice(0, 8)}-${digits.slice(8, 14)}`;
}
