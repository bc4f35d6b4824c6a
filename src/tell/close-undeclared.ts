import { resolveIncident } from "./change-incident.ts";
import { itself } from "./take-step.ts";
import type { Telling } from "./telling.ts";

/** What is no longer declared is looked at by nobody: its incidents end as "no data", in words, and stay open for nobody. */
export function closeUndeclared(telling: Telling, declared: readonly string[]): void {
  const { store, file, now } = telling;
  for (const alert of store.incidents.openAlertsOf(file.app)) {
    if (alert.service === null || declared.includes(alert.service)) continue;
    store.incidents.clearAlert(alert.id, now);
    const incident = alert.incident === null ? null : store.incidents.get(alert.incident);
    if (incident === null || incident.state === "resolved") continue;
    if (store.incidents.alertsOf(incident.id).some(({ cleared }) => cleared === null)) continue;
    const says = `${alert.service} is not declared any more`;
    resolveIncident(telling, incident, { outcome: "no-data", by: itself, says });
  }
}
