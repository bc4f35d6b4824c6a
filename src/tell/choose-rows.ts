import type { OutboxRow, TargetState } from "./incident.ts";
import type { ChannelRule } from "../compile/tell-rule.ts";

/** What is to be sent to a target now: one message, or several put together into one; or when to look again. */
export type Choice =
  | { kind: "send"; rows: readonly OutboxRow[]; together: boolean }
  | { kind: "hold"; rows: readonly OutboxRow[]; until: number; why: string }
  | { kind: "wait"; until: number | null };

const minute = 60_000;
/** So many that wait for so long are one message. */
const catchUp = { rows: 4, age: minute };
const mostTogether = 100;

/**
 * Chooses what goes next, in the order in which it came; of an incident nothing overtakes what came before. What has waited
 * out an outage, or is over the cap, goes as one message; to machines every event goes by itself, and critical ones are never
 * held. `sent`: moments of messages within the cap's window. Pure.
 */
export function chooseRows(
  pending: readonly OutboxRow[],
  channel: ChannelRule,
  state: TargetState,
  sent: readonly number[],
  now: number,
): Choice {
  if (pending.length === 0) return { kind: "wait", until: null };
  if (state.retryAt !== null && state.retryAt > now) return { kind: "wait", until: state.retryAt };
  const hurried = urgentIncidents(pending, now);
  const { due, next } = inOrder(pending, hurried, now);
  if (due.length === 0) return { kind: "wait", until: next };
  const { count, window } = channel.most;
  const capped = sent.length >= count;
  const urgent = capped ? due.filter((row) => isUrgent(row) || isOf(row, hurried)) : due;
  if (urgent.length === 0) {
    const until = sent[sent.length - count]! + window;
    return {
      kind: "hold",
      rows: due,
      until,
      why: `more than ${count} messages within ${window / minute} min`,
    };
  }
  const waited = due.filter(
    (row) => row.attempts > 0 || row.why !== null || now - row.created >= catchUp.age,
  );
  const people = channel.settings.kind !== "pagerduty" && channel.settings.kind !== "webhook";
  const stuck = people && !capped && waited.length >= catchUp.rows;
  const held = people && !capped && due.filter(({ why }) => why !== null).length > 1;
  if (stuck || held) return { kind: "send", rows: due.slice(0, mostTogether), together: true };
  return { kind: "send", rows: [urgent[0]!], together: false };
}

/** Critical ones, and tests that somebody waits for. */
function isUrgent({ severity, kind, silent }: OutboxRow): boolean {
  return severity === "critical" || (kind === "test" && !silent);
}

/** Incidents with something urgent that is due: what is held of them goes before it, because nothing overtakes. */
function urgentIncidents(pending: readonly OutboxRow[], now: number): ReadonlySet<number> {
  const urgent = pending.filter((row) => isUrgent(row) && row.nextAttempt <= now);
  return new Set(urgent.flatMap(({ incident }) => incident ?? []));
}

function isOf({ incident }: OutboxRow, incidents: ReadonlySet<number>): boolean {
  return incident !== null && incidents.has(incident);
}

/** What may be sent by its time and lease, and has nothing of its own incident before it that may not; else, from when on. */
function inOrder(
  pending: readonly OutboxRow[],
  hurried: ReadonlySet<number>,
  now: number,
): { due: OutboxRow[]; next: number | null } {
  const blocked = new Set<number>();
  let next: number | null = null;
  const due = pending.filter((row) => {
    if (isOf(row, blocked)) return false;
    const hurries = row.why !== null && isOf(row, hurried);
    const from = Math.max(hurries ? 0 : row.nextAttempt, row.leaseUntil ?? 0);
    if (from <= now) return true;
    // What comes behind it waits for it, and not for its own time, which may have passed.
    next = Math.min(next ?? from, from);
    if (row.incident !== null) blocked.add(row.incident);
    return false;
  });
  return { due, next };
}

const second = 1000;
const waits = [5 * second, 15 * second, 45 * second, 2 * minute, 5 * minute];

/** How long to wait after so many failures in a row, give or take a fifth, so that many hosts do not come at once. */
export function backOff(failures: number, chance: number): number {
  const wait = waits[failures - 1] ?? 10 * minute;
  return Math.round(wait * (0.8 + 0.4 * chance));
}
