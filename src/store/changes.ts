import type { DatabaseSync } from "node:sqlite";
import type { Plan } from "../plan/plan.ts";

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
    const result = this.database
      .prepare(
        "INSERT INTO changes (app, purpose, from_generation, to_generation, plan, who, started) VALUES (?, ?, ?, ?, ?, ?, ?)",
      )
      .run(plan.app, plan.purpose, plan.from, plan.to, JSON.stringify(plan), who, at.toISOString());
    return Number(result.lastInsertRowid);
  }

  /** Recorded before the step acts, so that undo never misses one. */
  beginStep(id: number, index: number): void {
    this.database.prepare("UPDATE changes SET steps_begun = ? WHERE id = ?").run(index + 1, id);
  }

  finish(id: number, outcome: Outcome, at: Date, failure: string | null): void {
    this.database
      .prepare("UPDATE changes SET outcome = ?, finished = ?, failure = ? WHERE id = ?")
      .run(outcome, at.toISOString(), failure, id);
  }

  /** The change that was cut short, if there is one. */
  open(app: string): Change | null {
    const row = this.database
      .prepare("SELECT * FROM changes WHERE app = ? AND outcome IS NULL ORDER BY id DESC LIMIT 1")
      .get(app);
    return row ? fromRow(row as Row) : null;
  }

  /** The last change that took effect: its `to` is the generation in force, null after a removal. */
  lastApplied(app: string): Change | null {
    const row = this.database
      .prepare("SELECT * FROM changes WHERE app = ? AND outcome = 'applied' ORDER BY id DESC LIMIT 1")
      .get(app);
    return row ? fromRow(row as Row) : null;
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
