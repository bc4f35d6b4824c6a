import type { DatabaseSync } from "node:sqlite";
import type { Breaker } from "../heal/service-state.ts";
import { writing } from "./open-store.ts";

const upsert = `INSERT INTO breakers (unit, app, service, state, since, why, rearm_at, trips) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (unit) DO UPDATE SET state = excluded.state, since = excluded.since, why = excluded.why,
    rearm_at = excluded.rearm_at, trips = excluded.trips`;

/** Breakers by unit; one that was never saved was never open. */
export class Breakers {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get(unit: string): Breaker | null {
    const row = this.#database
      .prepare("SELECT state, since, why, rearm_at AS rearmAt, trips FROM breakers WHERE unit = ?")
      .get(unit);
    return row === undefined ? null : (row as Breaker);
  }

  /** Units of an application that have ever had a breaker. */
  units(app: string): { app: string; service: string; unit: string }[] {
    return this.#database
      .prepare("SELECT app, service, unit FROM breakers WHERE app = ? ORDER BY unit")
      .all(app) as { app: string; service: string; unit: string }[];
  }

  save(app: string, service: string, unit: string, breaker: Breaker): void {
    const { state, since, why, rearmAt, trips } = breaker;
    writing(this.#database, () =>
      this.#database.prepare(upsert).run(unit, app, service, state, since, why, rearmAt, trips),
    );
  }
}
