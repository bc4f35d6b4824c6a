import { desired, incidentHost, spokenIncident } from "../observe/test-incident-host.ts";
import { Changes } from "../store/changes.ts";
import { WatchRecord } from "../store/watch.ts";
import type { Incident, IncidentEvent } from "../tell/incident.ts";
import type { HealRow } from "../heal/heal-row.ts";
import type { TellStore } from "../tell/telling.ts";
import type { Session, StateRecord } from "./session.ts";

export type TestSession = {
  session: Session;
  store: TellStore;
  incident: () => Incident;
  timeline: () => IncidentEvent[];
  /** What was last said: to people, and to programs. */
  said: () => { text: string; value: Record<string, unknown> };
  notes: string[];
};

/** For tests: a session with a record in memory, in which one incident is over and words were spoken that must not be. */
export function incidentSession(stateDirectory: string): TestSession {
  const { telling, facts } = spokenIncident();
  const { database, store } = telling;
  const watch = new WatchRecord(database);
  for (const heal of facts().heals) addHeal(watch, heal);
  const record = { changes: new Changes(database), watch, teller: { store } } as unknown as StateRecord;
  const results: { text: string; value: Record<string, unknown> }[] = [];
  const notes: string[] = [];
  const same = (text: string): string => text;
  const session = {
    scope: "system",
    who: "anna",
    stateDirectory,
    out: {
      json: false,
      style: { strong: same, dim: same, good: same, warn: same, bad: same },
      result: (value: Record<string, unknown>, text: string) => void results.push({ value, text }),
      note: (text: string) => void notes.push(text),
    },
    host: async () => incidentHost(stateDirectory),
    record: () => record,
    writableRecord: () => record,
    currentGeneration: async () => ({ number: 5, desired }),
    assertMayChange: async () => {},
  } as unknown as Session;
  const { id } = facts().incident;
  return {
    session,
    store,
    incident: () => store.incidents.get(id)!,
    timeline: () => store.incidents.timeline(id),
    said: () => results.at(-1)!,
    notes,
  };
}

function addHeal(watch: WatchRecord, heal: HealRow): void {
  const id = watch.heals.begin(heal);
  watch.heals.note(id, { readyAt: heal.readyAt! });
  watch.heals.end(id, heal.finished!, heal.outcome!, heal.detail ?? heal.why);
}
