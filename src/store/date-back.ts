import type { DatabaseSync } from "node:sqlite";
import { together } from "./open-store.ts";

/** What is over, and when it was: limits count it within their windows. */
const moments: Readonly<Record<string, readonly [over: string, ...columns: string[]]>> = {
  heals: ["finished IS NOT NULL", "at", "ready_at", "finished"],
  events: ["TRUE", "at"],
  alerts: ["cleared IS NOT NULL", "opened", "cleared"],
  incidents: ["resolved IS NOT NULL", "opened", "resolved"],
};

const haveFailed = "(verdict = 'failing' OR json_array_length(state, '$.opened') > 0)";

/** What of an application was not over: heals under way, incidents by their names, and checks that have failed lately. */
export type StillOpen = { heals: number; incidents: readonly string[]; checks: number };

/**
 * Has all that ever happened to an application be so much longer ago: no budget and no breaker counts it any more, and no check
 * that has failed remembers it. Nothing is changed while a heal or an incident is open. Only for a copy of a machine: the record of the machine
 * itself says what was.
 */
export function dateBack(database: DatabaseSync, app: string, by: number): StillOpen {
  const among = (sql: string) => database.prepare(sql).all(app);
  return together(database, () => {
    const still: StillOpen = {
      heals: among("SELECT id FROM heals WHERE app = ? AND finished IS NULL").length,
      incidents: among("SELECT name FROM incidents WHERE app = ? AND state <> 'resolved'").map(({ name }) =>
        String(name),
      ),
      checks: among(`SELECT check_id FROM check_states WHERE app = ? AND ${haveFailed}`).length,
    };
    if (still.heals > 0 || still.incidents.length > 0) return still;
    for (const [table, [over, ...columns]] of Object.entries(moments)) {
      const set = columns.map((column) => `${column} = ${column} - ?1`).join(", ");
      database.prepare(`UPDATE ${table} SET ${set} WHERE app = ?2 AND ${over}`).run(by, app);
    }
    // What a good one has shown stays known: without it the service would count as starting.
    database.prepare(`DELETE FROM check_states WHERE app = ? AND ${haveFailed}`).run(app);
    return still;
  });
}
