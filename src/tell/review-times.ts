import { describeDuration } from "../value/duration.ts";
import type { IncidentEventKind } from "./incident.ts";
import type { ReviewFacts } from "./review-facts.ts";
import { itself } from "./take-step.ts";

/** When each thing happened; null: it has not, or nobody knows. */
export type ReviewTimes = {
  began: number;
  detected: number;
  told: number | null;
  answered: { at: number; who: string } | null;
  resolved: { at: number; how: string } | null;
  recovered: number | null;
};

/** What somebody does who answers. */
const answers: ReadonlySet<IncidentEventKind> = new Set([
  "acknowledged",
  "note",
  "duty",
  "muted",
  "resolved",
]);

/** The stamps of a review, out of the record alone. */
export function reviewTimes(facts: ReviewFacts): ReviewTimes {
  const { incident, timeline, messages } = facts;
  const end = incident.resolved ?? Infinity;
  const delivered = messages.flatMap(({ sent, kind }) => (sent === null || kind === "test" ? [] : [sent]));
  // What is said of it afterwards is no answer.
  const answer = timeline.find(({ kind, who, at }) => answers.has(kind) && who !== itself && at <= end);
  const known = incident.resolved !== null && incident.outcome !== "no-data";
  return {
    began: incident.opened,
    detected: timeline.find(({ kind }) => kind === "opened")?.at ?? incident.opened,
    told: delivered.length === 0 ? null : Math.min(...delivered),
    answered: answer === undefined ? null : { at: answer.at, who: answer.who },
    resolved: known ? resolution(facts, end) : null,
    recovered: known ? incident.resolved : null,
  };
}

/** What mended it comes before it is shown to be good: the last heal that helped or change, or else the end of the last alert. */
function resolution(
  { incident, heals, timeline, alerts }: ReviewFacts,
  end: number,
): ReviewTimes["resolved"] {
  const deeds = [
    ...heals.flatMap(({ id, act, service, outcome, readyAt, finished }) => {
      const at = readyAt ?? finished;
      return outcome === "helped" && at !== null ? [{ at, how: `${act} of ${service} (heal ${id})` }] : [];
    }),
    ...timeline.flatMap(({ kind, at, says }) => (kind === "change" ? [{ at, how: says }] : [])),
  ].filter(({ at }) => at >= incident.opened && at <= end);
  const last = deeds.toSorted((a, b) => b.at - a.at)[0];
  if (last !== undefined) return last;
  if (incident.outcome === "by-hand")
    return { at: end, how: `called over by ${incident.resolvedBy ?? "somebody"}` };
  const cleared = alerts.flatMap((alert) => (alert.cleared === null ? [] : [alert.cleared]));
  const at = cleared.length === 0 ? end : Math.min(end, Math.max(...cleared));
  return { at, how: "what was wrong was over" };
}

/** Such as "2026-11-30 09:00:00 UTC". */
export function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** A day, such as "2026-12-10". */
export function utcDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** How long from one moment to another; a clock that was set back makes no negative ones. */
export function span(from: number, to: number): string {
  return describeDuration(Math.max(0, to - from));
}
