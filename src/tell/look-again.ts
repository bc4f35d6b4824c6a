import type { WatchRecord } from "../store/watch.ts";
import { raise, takeTransition } from "./raise.ts";
import type { Telling } from "./telling.ts";
import { severityOf } from "./transition.ts";

const minute = 60_000;
/** Somebody said that it is over; for so long it is looked whether it really is. */
const doubtful = 30 * minute;
/** An agent writes its row every 30 s. */
const silentAgent = 5 * minute;

/**
 * What nobody reports by itself: a check that still fails after somebody called its incident over, and that nobody watches
 * any more.
 */
export function lookAgain(telling: Telling, watch: WatchRecord, watchedByAgent: boolean): void {
  stillFailing(telling, watch);
  if (watchedByAgent) agentIsSilent(telling, watch);
}

function stillFailing(telling: Telling, watch: WatchRecord): void {
  const { store, file, now } = telling;
  for (const incident of store.incidents.list(file.app, { since: now - 31 * 24 * 60 * minute, limit: 200 })) {
    if (incident.outcome !== "by-hand" || incident.resolved === null) continue;
    if (now - incident.resolved > doubtful || now - incident.resolved < minute) continue;
    for (const alert of store.incidents.alertsOf(incident.id)) {
      const check = /\/check:(.+)$/.exec(alert.key)?.[1];
      if (check === undefined || alert.service === null || store.incidents.openAlert(alert.key) !== null)
        continue;
      if (watch.checkStates(file.app, alert.service)[check]?.verdict !== "failing") continue;
      raise(telling, {
        change: "raise",
        at: now,
        service: alert.service,
        source: "check",
        subject: check,
        severity: alert.severity,
        says: alert.says,
        mayHeal: false,
      });
    }
  }
}

/** When it has to be looked again; null when there is nothing doubtful. */
export function nextLook({ store, file, now }: Telling): number | null {
  const recent = store.incidents
    .list(file.app, { limit: 50 })
    .filter(
      ({ outcome, resolved }) => outcome === "by-hand" && resolved !== null && now - resolved < doubtful,
    );
  if (recent.length === 0) return null;
  const soonest = Math.min(...recent.map(({ resolved }) => resolved! + minute));
  return soonest > now ? soonest : now + minute;
}

function agentIsSilent(telling: Telling, watch: WatchRecord): void {
  const { now, file } = telling;
  const agent = watch.watcher("agent");
  if (agent === null) return;
  const last = agent.stopped ?? agent.lastTick;
  const about = { at: now, service: null, source: "away", subject: "agent" } as const;
  if (now - last > silentAgent) {
    const says = `nobody watches since ${new Date(last).toISOString()}: the agent ${agent.stopped === null ? "does not answer" : "was stopped"}`;
    raise(telling, { ...about, change: "raise", severity: severityOf(file, "away"), says, mayHeal: false });
    return;
  }
  clearAway(telling);
}

function clearAway(telling: Telling): void {
  const { now } = telling;
  takeTransition(telling, {
    change: "clear",
    at: now,
    service: null,
    source: "away",
    subject: "agent",
    says: "the agent watches again",
  });
}
