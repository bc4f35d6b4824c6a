import { resolveIncident } from "./change-incident.ts";
import type { Incident, Silence } from "./incident.ts";
import { putMessage } from "./put-messages.ts";
import { hurryPutOff } from "./take-step.ts";
import { toldTargets } from "./tick.ts";
import type { Telling } from "./telling.ts";

/** Who does something, and by what way: "anna by telegram". */
export type Person = { who: string; via: string };

function described({ who, via }: Person): string {
  return via === "" ? who : `${who} by ${via}`;
}

/**
 * Somebody is at it: steps and reminders stop until the acknowledgement ends. What was resolved stays so: an acknowledgement
 * that comes late is a note. Returns what is to be said to who has done it.
 */
export function acknowledge(
  telling: Telling,
  incident: Incident,
  person: Person,
  options: { note: string | null; holds: number | null },
): { incident: Incident; says: string } {
  const { store, now, wake } = telling;
  const by = described(person);
  const words = options.note === null ? "" : `: ${options.note}`;
  if (incident.state === "resolved") {
    store.incidents.addEvent(incident.id, now, "note", by, `acknowledged after it was over${words}`);
    return { incident, says: `${incident.name} is over already; this is on record as a note` };
  }
  const until = now + (options.holds ?? incident.policy.holds);
  const again = incident.state === "acknowledged";
  const changed = store.incidents.change(incident.id, {
    state: "acknowledged",
    ackedAt: incident.ackedAt ?? now,
    ackedBy: by,
    ackUntil: until,
    due: null,
    dueWhy: null,
  });
  const end = new Date(until).toISOString();
  store.incidents.addEvent(incident.id, now, "acknowledged", by, `until ${end}${words}`);
  wake();
  if (!again)
    for (const target of toldTargets(telling, changed))
      putMessage(telling, target, {
        kind: "ack",
        incident: changed,
        severity: changed.severity,
        title: `${by} is at it: ${changed.title}`,
        lines: [`until ${end}`, ...(options.note === null ? [] : [options.note])],
        service: changed.service,
        at: now,
      });
  return { incident: changed, says: `${incident.name} is acknowledged by ${by} until ${end}` };
}

/** Somebody says that it is over. If it fails again within half an hour it is the same incident. */
export function resolveByHand(telling: Telling, incident: Incident, person: Person, why: string): Incident {
  const { store, now } = telling;
  if (incident.state === "resolved") return incident;
  for (const alert of store.incidents.alertsOf(incident.id))
    if (alert.cleared === null) store.incidents.clearAlert(alert.id, now);
  return resolveIncident(telling, incident, { outcome: "by-hand", by: described(person), says: why });
}

/** A mute, a window or a pause from now on, in the timeline of what is open. */
export function silence(
  telling: Telling,
  person: Person,
  wanted: Omit<Silence, "id" | "ended" | "who" | "app">,
): number {
  const { store, file, now, wake } = telling;
  const by = described(person);
  const id = store.silences.add({ ...wanted, app: file.app, who: by });
  const until = wanted.until === null ? "until it is ended" : `until ${new Date(wanted.until).toISOString()}`;
  for (const incident of store.incidents.unresolved(file.app))
    if (wanted.service === null || incident.service === wanted.service)
      store.incidents.addEvent(incident.id, now, "muted", by, `${wanted.kind} ${until}: ${wanted.why}`);
  wake();
  return id;
}

/** Ends what was begun by `silence`; what is still wrong is told by the next tick. Returns how many were in force. */
export function endSilence(
  telling: Telling,
  person: Person,
  { kind, service }: Pick<Silence, "kind" | "service">,
): number {
  const { store, file, now, wake } = telling;
  const ended = store.silences.end(file.app, kind, service, now);
  if (ended === 0) return 0;
  for (const incident of store.incidents.unresolved(file.app))
    if (service === null || incident.service === service)
      store.incidents.addEvent(incident.id, now, "muted", described(person), `the ${kind} is ended`);
  hurryPutOff(telling);
  wake();
  return ended;
}
