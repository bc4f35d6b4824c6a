import type { Change } from "../../store/changes.ts";
import type { AuditEntry } from "../../store/records.ts";
import type { HealRow } from "../../heal/heal-row.ts";
import type { Deed } from "./diagnosis.ts";

/** The audit trail has the moment a verb began; until its work is done it may take this long. */
const verb = { before: 2e6, after: 120e6 };

/** What people and heals did through Holdfast, as spans of time in which an end or a start was deliberate. */
export function deedsOf(
  changes: readonly Change[],
  audit: readonly AuditEntry[],
  now: number,
  heals: readonly HealRow[] = [],
): Deed[] {
  return [
    ...heals.map(({ at, readyAt, finished, who, act, cause, unit }): Deed => {
      const to = (readyAt ?? finished ?? now / 1000) * 1000;
      return { from: at * 1000, to, who, what: `a heal (${act} for ${cause})`, unit };
    }),
    ...audit.map(({ at, who, unit, action, why }): Deed => {
      const time = Date.parse(at) * 1000;
      const what = why === null ? `holdfast ${action}` : `holdfast ${action} (${why})`;
      return { from: time - verb.before, to: time + verb.after, who, what, unit };
    }),
    ...changes.map(({ started, finished, purpose, who }): Deed => {
      const to = finished === null ? now : Date.parse(finished) * 1000;
      return { from: Date.parse(started) * 1000, to, who, what: `holdfast ${purpose}`, unit: null };
    }),
  ];
}
