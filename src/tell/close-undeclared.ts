import type { TellFile } from "../compile/tell-rule.ts";
import type { Desired } from "../plan/desired.ts";
import { resolveIncident } from "./change-incident.ts";
import type { Alert } from "./incident.ts";
import { itself } from "./take-step.ts";
import type { Telling } from "./telling.ts";

/** What may have an alert: names of services and jobs, SERVICE/CHECK of every check that somebody makes, and the agent where it watches. */
export type Declared = {
  readonly names: readonly string[];
  readonly checks: readonly string[];
  readonly agent: boolean;
};

/** What a generation declares; nothing when the application was removed. */
export function declaredBy(desired: Pick<Desired, "services" | "watch"> | null): Declared {
  const looked = desired === null || desired.watch.supervision === "systemd" ? [] : desired.watch.services;
  return {
    names: (desired?.services ?? []).map(({ name }) => name),
    checks: looked.flatMap(({ service, checks }) => checks.map(({ id }) => `${service}/${id}`)),
    agent: desired?.watch.supervision === "agent",
  };
}

/** What is no longer declared is looked at by nobody: its incidents end as "no data", in words, and stay open for nobody. */
export function closeUndeclared(telling: Telling, declared: Declared): void {
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

/** What an alert is about, if it is not declared any more: a service or job, its check, or a channel that nobody will ever get through. */
function goneOf({ key, service }: Alert, declared: Declared, { channels }: TellFile): string | null {
  if (service !== null) {
    if (!declared.names.includes(service)) return service;
    const check = /\/(?:check|unknown):(.+)$/.exec(key)?.[1];
    return check === undefined || declared.checks.includes(`${service}/${check}`)
      ? null
      : `${check} of ${service}`;
  }
  if (key.endsWith("/-/away:agent")) return declared.agent ? null : "the agent";
  const channel = /\/-\/channel:(.+)$/.exec(key)?.[1];
  return channel === undefined || channels.some(({ name }) => name === channel) ? null : `channel ${channel}`;
}
