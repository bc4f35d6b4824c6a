import type { DatabaseSync, StatementResultingChanges } from "node:sqlite";
import type { Plan } from "../plan/plan.ts";
import { writing } from "./open-store.ts";

export type Outcome = "applied" | "undone";

/** One change of an application, from its first step to its end. `outcome` is null while it is open, or was cut short. */
export type Change = {
  id: number;
  app: string;
  purpose: Plan["purpose"];
  from: number | null;
  to: number | null;
  plan: Plan;
  who: string;
  started: string;
  stepsBegun: number;
  finished: string | null;
  outcome: Outcome | null;
  failure: string | null;
};

type Row = Record<string, string | number | null>;

/** The journal of changes. A change is recorded before its first step; recovery works from what stands here. */
export class Changes {
  private readonly database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  begin(plan: Plan, who: string, at: Date): number {
    const result = this.write(
      "INSERT INTO changes (app, purpose, from_generation, to_generation, plan, who, started) VALUES (?, ?, ?, ?, ?, ?, ?)",
      plan.app,
      plan.purpose,
      plan.from,
      plan.to,
      JSON.stringify(plan),
      who,
      at.toISOString(),
    );
    return Number(result.lastInsertRowid);
  }

  /** Recorded before the step acts, so that undo never misses one. */
  beginStep(id: number, index: number): void {
    this.write("UPDATE changes SET steps_begun = ? WHERE id = ?", index + 1, id);
  }

  /**
   * The one instant at which the host passes from the old generation to the new one: before it a change is taken back,
   * after it only its traces are left to remove. What was decided by hand about an application goes with it.
   */
  commit(id: number): void {
    writing(this.database, () => {
      const { database } = this;
      database.exec("BEGIN IMMEDIATE");
      try {
        database.prepare("UPDATE changes SET outcome = 'applied' WHERE id = ?").run(id);
        database
          .prepare(
            "DELETE FROM intents WHERE app IN (SELECT app FROM changes WHERE id = ? AND to_generation IS NULL)",
          )
          .run(id);
        database.exec("COMMIT");
      } finally {
        if (database.isTransaction) database.exec("ROLLBACK");
      }
    });
  }

  /** Everything is tidy after a commit. */
  finish(id: number, at: Date): void {
    this.write("UPDATE changes SET finished = ? WHERE id = ?", at.toISOString(), id);
  }

  /** The host is as it was before the change. */
  closeUndone(id: number, at: Date, failure: string): void {
    this.write(
      "UPDATE changes SET outcome = 'undone', finished = ?, failure = ? WHERE id = ?",
      at.toISOString(),
      failure,
      id,
    );
  }

  /** The change that is under way or was cut short, if there is one. */
  open(app: string): Change | null {
    return this.one("WHERE app = ? AND outcome IS NULL", app);
  }

  /** A change that took effect and was cut short before its traces were removed. */
  untidy(app: string): Change | null {
    return this.one("WHERE app = ? AND outcome = 'applied' AND finished IS NULL", app);
  }

  /** The change that was being tried at an instant, and has not taken effect: it is under way, was cut short, or was taken back. */
  triedAt(app: string, at: string): Change | null {
    const row = this.database
      .prepare(
        "SELECT * FROM changes WHERE app = ? AND outcome IS NOT 'applied' AND started <= ? AND (finished IS NULL OR finished >= ?) ORDER BY id DESC LIMIT 1",
      )
      .get(app, at, at);
    return row ? fromRow(row as Row) : null;
  }

  /** Applications with a change that is under way or was cut short. */
  openApps(): string[] {
    return this.database
      .prepare("SELECT DISTINCT app FROM changes WHERE outcome IS NULL ORDER BY app")
      .all()
      .map((row) => String(row["app"]));
  }

  /** The last change that took effect: its `to` is the generation in force, null after a removal. */
  lastApplied(app: string): Change | null {
    return this.one("WHERE app = ? AND outcome = 'applied'", app);
  }

  /** Only its number: cheaper than lastApplied, which reads the whole plan. */
  generationInForce(app: string): number | null {
    const row = this.database
      .prepare(
        "SELECT to_generation AS number FROM changes WHERE app = ? AND outcome = 'applied' ORDER BY id DESC LIMIT 1",
      )
      .get(app) as { number: number | null } | undefined;
    return row?.number ?? null;
  }

  /** Generations as they came into force, newest first; null is a removal. Cheaper than list, which reads plans. */
  generations(app: string, limit = 200): { generation: number | null; at: string }[] {
    return this.database
      .prepare(
        "SELECT to_generation AS generation, coalesce(finished, started) AS at FROM changes WHERE app = ? AND outcome = 'applied' ORDER BY id DESC LIMIT ?",
      )
      .all(app, limit) as { generation: number | null; at: string }[];
  }

  list(app: string, limit = 50): Change[] {
    return this.database
      .prepare("SELECT * FROM changes WHERE app = ? ORDER BY id DESC LIMIT ?")
      .all(app, limit)
      .map((row) => fromRow(row as Row));
  }

  highestGeneration(app: string): number {
    const row = this.database
      .prepare("SELECT max(to_generation) AS highest FROM changes WHERE app = ?")
      .get(app) as Row;
    return Number(row["highest"] ?? 0);
  }

  /** Applications with a generation in force. */
  apps(): string[] {
    const rows = this.database
      .prepare(
        "SELECT app, to_generation FROM changes WHERE id IN (SELECT max(id) FROM changes WHERE outcome = 'applied' GROUP BY app) ORDER BY app",
      )
      .all() as Row[];
    return rows.filter((row) => row["to_generation"] !== null).map((row) => String(row["app"]));
  }

  private one(where: string, app: string): Change | null {
    const row = this.database.prepare(`SELECT * FROM changes ${where} ORDER BY id DESC LIMIT 1`).get(app);
    return row ? fromRow(row as Row) : null;
  }

  private write(sql: string, ...values: (string | number | null)[]): StatementResultingChanges {
    return writing(this.database, () => this.database.prepare(sql).run(...values));
  }
}

function fromRow(row: Row): Change {
  return {
    id: Number(row["id"]),
    app: String(row["app"]),
    purpose: row["purpose"] as Plan["purpose"],
    from: row["from_generation"] as number | null,
    to: row["to_generation"] as number | null,
    plan: JSON.parse(String(row["plan"])) as Plan,
    who: String(row["who"]),
    started: String(row["started"]),
    stepsBegun: Number(row["steps_begun"]),
    finished: row["finished"] as string | null,
    outcome: row["outcome"] as Outcome | null,
    failure: row["failure"] as string | null,
  };
}
