import { resolveIncident } from "./change-incident.ts";
import type { Alert } from "./incident.ts";
import { itself } from "./take-step.ts";
import type { TellFile } from "../compile/tell-rule.ts";
import type { Telling } from "./telling.ts";

/** What is no longer declared is looked at by nobody: its incidents end as "no data", in words, and stay open for nobody. */
export function closeUndeclared(telling: Telling, declared: readonly string[]): void {
  const { store, file, now } = telling;
  for (const alert of store.incidents.openAlertsOf(file.app)) {
    const gone = goneOf(alert, declared, file);
    if (gone === null) continue;
    store.incidents.clearAlert(alert.id, now);
    const incident = alert.incident === null ? null : store.incidents.get(alert.incident);
    if (incident === null || incident.state === "resolved") continue;
    if (store.incidents.alertsOf(incident.id).some(({ cleared }) => cleared === null)) continue;
    const says = `${gone} is not declared any more`;
    resolveIncident(telling, incident, { outcome: "no-data", by: itself, says });
  }
}

/** What an alert is about, if it is not declared any more: a service or job, or a channel that nobody will ever get through. */
function goneOf({ key, service }: Alert, declared: readonly string[], { channels }: TellFile): string | null {
  if (service !== null) return declared.includes(service) ? null : service;
  const channel = /\/-\/channel:(.+)$/.exec(key)?.[1];
  return channel === undefined || channels.some(({ name }) => name === channel) ? null : `channel ${channel}`;
}
