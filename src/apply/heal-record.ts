import type { Heals } from "../store/heals.ts";
import type { WatchRecord } from "../store/watch.ts";
import type { HealRow } from "../heal/heal-row.ts";
import { describeDuration } from "../value/duration.ts";

/** What is decided about a heal; the rest of its row is found while it is carried out. */
export type NewHeal = Parameters<Heals["begin"]>[0];

/** Records a heal and the event of it, both or neither; `count` is how many are spent of the budget with this one. */
export function beginHeal(record: WatchRecord, heal: NewHeal, count: number | null = null): number {
  return record.together(() => {
    const id = record.heals.begin(heal);
    const { at, app, service, check, act, cause, why, who, counts, pidBefore: pid } = heal;
    record.addEvent({
      at,
      app,
      service,
      kind: "heal-begun",
      check,
      says: `${act} by ${who}: ${why}`,
      data: { heal: id, act, cause, counts, pid, ...(count === null ? {} : { count }) },
    });
    return id;
  });
}

/** Records how a heal ended, and the event of it. False when it had ended already; then nothing is recorded. */
export function endHeal(
  record: WatchRecord,
  id: number,
  at: number,
  outcome: NonNullable<HealRow["outcome"]>,
  detail: string,
): boolean {
  return record.together(() => {
    if (!record.heals.end(id, at, outcome, detail)) return false;
    const {
      app,
      service,
      check,
      act,
      cause,
      pidBefore,
      pidAfter,
      readyAt,
      at: begun,
    } = record.heals.get(id)!;
    const took = readyAt === null ? null : readyAt - begun;
    record.addEvent({
      at,
      app,
      service,
      kind: "heal-ended",
      check,
      says: `${act} ${words[outcome]}: ${detail}`,
      data: { heal: id, act, cause, outcome, pidBefore, pidAfter, took },
    });
    return true;
  });
}

const words = {
  helped: "helped",
  "did-not-help": "did not help",
  failed: "failed",
  superseded: "was left undone",
} as const;

/** What a service did after its heal, for its record and the journal. */
export function describeReady(row: HealRow, pid: number, readyAt: number): string {
  const was = row.pidBefore === null || row.pidBefore === 0 ? "" : `, was ${row.pidBefore}`;
  return `it is ready again after ${describeDuration(Math.max(0, readyAt - row.at))} (pid ${pid}${was})`;
}
