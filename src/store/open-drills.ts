import type { DatabaseSync } from "node:sqlite";
import { writing } from "./open-store.ts";

/** A drill from before its first act until all of it is put back. */
export type OpenDrill = {
  app: string;
  at: number;
  who: string;
  faults: readonly string[];
  services: readonly string[];
  /** What was so before, for a verdict that is given later; null when it is given at once. */
  before: string | null;
};

/** One of each application at the most: what a drill that is killed leaves for whoever looks next. */
export class OpenDrills {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  begin({ app, at, who, faults, services, before }: OpenDrill): void {
    writing(this.#database, () =>
      this.#database
        .prepare(
          "INSERT OR REPLACE INTO open_drills (app, at, who, faults, services, before) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .run(app, at, who, JSON.stringify(faults), JSON.stringify(services), before),
    );
  }

  end(app: string): void {
    writing(this.#database, () => this.#database.prepare("DELETE FROM open_drills WHERE app = ?").run(app));
  }

  of(app: string): OpenDrill | null {
    return this.list().find((one) => one.app === app) ?? null;
  }

  list(): OpenDrill[] {
    // A record that was last written before there were any may be read all the same.
    const known = this.#database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'open_drills'").get();
    if (known === undefined) return [];
    const rows = this.#database
      .prepare("SELECT app, at, who, faults, services, before FROM open_drills ORDER BY app")
      .all() as (Omit<OpenDrill, "faults" | "services"> & { faults: string; services: string })[];
    return rows.map((row) => ({
      ...row,
      faults: JSON.parse(row.faults) as string[],
      services: JSON.parse(row.services) as string[],
    }));
  }
}
