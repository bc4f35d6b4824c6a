import type { DatabaseSync } from "node:sqlite";
import type { Silence, SilenceKind } from "../tell/incident.ts";
import { prepared, writing } from "./open-store.ts";

const columns = "id, app, service, kind, since, until, until_resolved AS untilResolved, why, who, ended";

/** Mutes, maintenance windows and pauses. Those that have run out hold nothing back, whether or not anybody has ended them. */
export class Silences {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  add(silence: Omit<Silence, "id" | "ended">): number {
    const { app, service, kind, since, until, untilResolved, why, who } = silence;
    const result = writing(this.#database, () =>
      this.#database
        .prepare(
          "INSERT INTO silences (app, service, kind, since, until, until_resolved, why, who) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .run(app, service, kind, since, until, untilResolved ? 1 : 0, why, who),
    );
    return Number(result.lastInsertRowid);
  }

  /** Ends those of a kind; `service` undefined: of whatever service. Returns how many were in force. */
  end(app: string, kind: SilenceKind, service: string | null | undefined, now: number): number {
    const { changes } = writing(this.#database, () =>
      this.#database
        .prepare(
          `UPDATE silences SET ended = ?1 WHERE app = ?2 AND kind = ?3 AND ended IS NULL AND (until IS NULL OR until > ?1) AND (?4 = 0 OR service IS ?5)`,
        )
        .run(now, app, kind, service === undefined ? 0 : 1, service ?? null),
    );
    return Number(changes);
  }

  endOne(id: number, now: number): void {
    writing(this.#database, () =>
      this.#database.prepare("UPDATE silences SET ended = ? WHERE id = ? AND ended IS NULL").run(now, id),
    );
  }

  /** In force at a moment, oldest first; of a service also those of its whole application. */
  inForce(app: string, now: number, service?: string | null): Silence[] {
    const rows = prepared(
      this.#database,
      `SELECT ${columns} FROM silences WHERE app = ?1 AND ended IS NULL AND since <= ?2 AND (until IS NULL OR until > ?2)
         AND (?3 = 0 OR service IS NULL OR service = ?4) ORDER BY id`,
    ).all(app, now, service === undefined ? 0 : 1, service ?? null);
    return rows.map((row) => ({ ...row, untilResolved: row["untilResolved"] === 1 })) as unknown as Silence[];
  }

  /** Newest first, over or not. */
  list(app: string, limit = 50): Silence[] {
    const rows = this.#database
      .prepare(`SELECT ${columns} FROM silences WHERE app = ? ORDER BY id DESC LIMIT ?`)
      .all(app, limit);
    return rows.map((row) => ({ ...row, untilResolved: row["untilResolved"] === 1 })) as unknown as Silence[];
  }
}
