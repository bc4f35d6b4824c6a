import type { DatabaseSync } from "node:sqlite";
import { prepared, writing } from "./open-store.ts";

/** What telling has come to, by name: the cursor of a listener, the day of the last digest. */
export class TellMarks {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get(app: string, name: string): string | null {
    const row = prepared(this.#database, "SELECT value FROM tell_marks WHERE app = ? AND name = ?").get(
      app,
      name,
    );
    return row === undefined ? null : String(row["value"]);
  }

  save(app: string, name: string, value: string): void {
    const sql =
      "INSERT INTO tell_marks (app, name, value) VALUES (?, ?, ?) ON CONFLICT (app, name) DO UPDATE SET value = excluded.value";
    writing(this.#database, () => prepared(this.#database, sql).run(app, name, value));
  }
}
