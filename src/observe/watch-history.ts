import type { HealRow } from "../heal/heal-row.ts";
import type { EventKind, WatchEvent } from "../heal/watch-event.ts";
import { describeDuration } from "../value/duration.ts";
import type { HistoryEvent } from "./history-event.ts";

/** A heal as one line: what was done, for what, how it went, and how long it took. Its figures are in `data`. */
export function ofHeal(row: HealRow): HistoryEvent {
  const {
    at,
    service,
    who,
    act,
    cause,
    check,
    why,
    outcome,
    detail,
    pidBefore,
    pidAfter,
    readyAt,
    finished,
  } = row;
  const pids = pidAfter === null ? "" : `, pid ${pidBefore ?? "none"} to ${pidAfter}`;
  const running = readyAt === null ? "" : `, running again after ${describeDuration(readyAt - at)}`;
  const shown = outcome === "helped" && finished !== null ? finished - at : null;
  const proven = shown === null ? "" : `, shown to work after ${describeDuration(shown)}`;
  return {
    at: iso(at),
    kind: "heal",
    service,
    who,
    what:
      act === "stop" ? "stop, because its breaker opens" : `${act} for ${cause}${pids}${running}${proven}`,
    outcome:
      act === "stop" && outcome === "helped"
        ? "stopped"
        : outcome === null
          ? "under way"
          : outcome.replaceAll("-", " "),
    why: outcome === "helped" || detail === null ? why : `${why}; ${detail}`,
    generation: null,
    data: {
      heal: row.id,
      cause,
      check,
      pidBefore,
      pidAfter,
      counts: row.counts,
      evidence: row.evidence,
      readyMillis: readyAt === null ? null : readyAt - at,
      recoveredMillis: shown,
    },
  };
}

/** What the watcher saw. Heals are told by their rows, so their events are left out: null. */
export function ofWatchEvent({ at, service, kind, says, data, check }: WatchEvent): HistoryEvent | null {
  const shown = kinds[kind];
  if (shown === null) return null;
  return {
    at: iso(at),
    kind: shown,
    service,
    who: null,
    what: says,
    outcome: null,
    why: null,
    generation: null,
    data: { event: kind, check, ...data },
  };
}

const kinds: Readonly<Record<EventKind, HistoryEvent["kind"] | null>> = {
  "check-failing": "check",
  "check-recovered": "check",
  "check-unknown": "check",
  "check-flapping": "check",
  "check-calm": "check",
  "check-changed": "check",
  "heal-begun": null,
  "heal-ended": null,
  "breaker-opened": "breaker",
  "breaker-half-open": "breaker",
  "breaker-closed": "breaker",
  "restarted-by-systemd": "restart",
  "crashes-forgotten": "restart",
  "audit-found": "audit",
  "audit-over": "audit",
  // The record of give-ups has it with its evidence.
  "agent-started": "watch",
  "agent-was-away": "watch",
};

function iso(millis: number): string {
  return new Date(millis).toISOString();
}
