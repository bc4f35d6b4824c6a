import type { Change } from "../store/changes.ts";
import type { AuditEntry, GiveUp } from "../store/records.ts";
import type { Diagnosis, End } from "./diagnose/diagnosis.ts";
import type { HealRow } from "../heal/heal-row.ts";
import type { WatchEvent } from "../heal/watch-event.ts";
import { parseEvidence } from "./evidence.ts";
import type { HistoryEvent } from "./history-event.ts";
import { ofHeal, ofWatchEvent } from "./watch-history.ts";

/** What whoever watches has written down. */
export type Watched = { heals: readonly HealRow[]; events: readonly WatchEvent[] };

/** Everything that happened to an application, newest first. */
export function makeHistory(
  changes: readonly Change[],
  audit: readonly AuditEntry[],
  giveUps: readonly GiveUp[],
  services: readonly Pick<Diagnosis, "service" | "unit" | "ends">[],
  watched: Watched = { heals: [], events: [] },
): HistoryEvent[] {
  const nameOf = (unit: string | null): string | null =>
    services.find((service) => service.unit === unit)?.service ?? unit;
  const events = [
    ...changes.map(ofChange),
    ...audit.map((entry) => ofAction(entry, nameOf(entry.unit))),
    ...giveUps.map((give) => ofGiveUp(give, nameOf(give.unit))),
    ...watched.heals.map(ofHeal),
    ...watched.events.flatMap((event) => ofWatchEvent(event) ?? []),
    ...services.flatMap(({ service, ends }) => ends.filter(isUnplanned).map((end) => ofEnd(end, service))),
  ];
  return events.toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}

/** What people did is in the record already. */
function isUnplanned({ reason }: End): boolean {
  return !["stopped", "shutdown", "finished", "skipped"].includes(reason);
}

function ofChange({ started, who, purpose, from, to, outcome, failure }: Change): HistoryEvent {
  const reached = to === null ? "" : ` generation ${to}`;
  const left = from === null ? "" : `${to === null ? "" : ","} from ${from}`;
  return {
    at: started,
    kind: "change",
    service: null,
    who,
    what: `${purpose}${reached}${left}`,
    outcome: outcome ?? "not finished",
    why: failure,
    generation: to,
  };
}

function ofAction({ at, who, action, why, result }: AuditEntry, service: string | null): HistoryEvent {
  return { at, kind: "action", service, who, what: action, outcome: result, why, generation: null };
}

function ofGiveUp(give: GiveUp, service: string | null): HistoryEvent {
  const { at, result, exitCode, exitStatus, evidence, closed } = give;
  const exit = [exitCode, exitStatus].filter((part) => part !== null && part !== "").join(" ");
  return {
    at,
    kind: "give-up",
    service,
    who: null,
    what: `gave up: ${result}${exit === "" ? "" : ` (${exit})`}`,
    outcome: closed === null ? "open" : `dealt with at ${closed}`,
    why: parseEvidence(evidence)?.reason ?? null,
    generation: null,
  };
}

function ofEnd({ at, words, reason }: End, service: string): HistoryEvent {
  return { at, kind: "end", service, who: null, what: words, outcome: reason, why: null, generation: null };
}
