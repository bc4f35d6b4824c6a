import type { DatabaseSync } from "node:sqlite";
import type { Intent } from "../plan/change.ts";
import { together } from "./open-store.ts";
import { untold, type Told } from "./told.ts";

export type AuditEntry = {
  at: string;
  who: string;
  app: string;
  unit: string | null;
  action: string;
  why: string | null;
  result: string | null;
};

export type GiveUp = {
  id: number;
  at: string;
  app: string;
  unit: string;
  /** The run of the unit that was its last; null when systemd did not tell. */
  invocation: string | null;
  /** systemd's Result of the service, such as "exit-code" or "oom-kill". */
  result: string;
  exitCode: string | null;
  exitStatus: string | null;
  evidence: string;
  closed: string | null;
};

/** What people decided, what they did, and what gave up. */
export class Records {
  private readonly database: DatabaseSync;

  private readonly told: Told;

  constructor(database: DatabaseSync, told: Told = untold) {
    this.database = database;
    this.told = told;
  }

  intents(app: string): Map<string, Intent> {
    const rows = this.database.prepare("SELECT * FROM intents WHERE app = ?").all(app);
    return new Map(
      rows.map((row) => [
        String(row["unit"]),
        {
          stopped: row["stopped"] === 1,
          boot: row["boot"] === null ? null : row["boot"] === 1,
          who: String(row["who"]),
          why: row["why"] as string | null,
          at: String(row["at"]),
        },
      ]),
    );
  }

  setIntent(app: string, unit: string, intent: Intent): void {
    this.database
      .prepare(
        `INSERT INTO intents (unit, app, stopped, boot, who, why, at) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (unit) DO UPDATE SET stopped = excluded.stopped, boot = excluded.boot, who = excluded.who, why = excluded.why, at = excluded.at`,
      )
      .run(
        unit,
        app,
        intent.stopped ? 1 : 0,
        intent.boot === null ? null : intent.boot ? 1 : 0,
        intent.who,
        intent.why,
        intent.at,
      );
  }

  audit(entry: AuditEntry): void {
    this.database
      .prepare("INSERT INTO audit (at, who, app, unit, action, why, result) VALUES (?, ?, ?, ?, ?, ?, ?)")
      .run(entry.at, entry.who, entry.app, entry.unit, entry.action, entry.why, entry.result);
  }

  auditTrail(app: string, limit = 100): AuditEntry[] {
    return this.database
      .prepare(
        "SELECT at, who, app, unit, action, why, result FROM audit WHERE app = ? ORDER BY id DESC LIMIT ?",
      )
      .all(app, limit) as AuditEntry[];
  }

  /** Once for each run of a unit: false when it is on record already. `says`: what is told of it; null for a job, whose run tells it. */
  recordGiveUp(give: Omit<GiveUp, "id" | "closed">, says: string | null): boolean {
    const { at, app, unit, invocation, result, exitCode, exitStatus, evidence } = give;
    return together(this.database, () => {
      const { changes } = this.database
        .prepare(
          `INSERT INTO give_ups (at, app, unit, invocation, result, exit_code, exit_status, evidence)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        )
        .run(at, app, unit, invocation, result, exitCode, exitStatus, evidence);
      if (changes > 0 && says !== null) this.told.gaveUp({ app, unit, says, at: Date.parse(at) });
      return changes > 0;
    });
  }

  /** Give-ups that nobody has dealt with yet, newest first. */
  openGiveUps(app: string): GiveUp[] {
    return this.database
      .prepare(
        "SELECT id, at, app, unit, invocation, result, exit_code AS exitCode, exit_status AS exitStatus, evidence, closed FROM give_ups WHERE app = ? AND closed IS NULL ORDER BY id DESC",
      )
      .all(app) as GiveUp[];
  }

  /** Open and closed, newest first. */
  giveUps(app: string, limit = 100): GiveUp[] {
    return this.database
      .prepare(
        "SELECT id, at, app, unit, invocation, result, exit_code AS exitCode, exit_status AS exitStatus, evidence, closed FROM give_ups WHERE app = ? ORDER BY id DESC LIMIT ?",
      )
      .all(app, limit) as GiveUp[];
  }

  /** Somebody has dealt with it, or it runs again. `says`: what is told to whom it was told. */
  closeGiveUps(unit: string, who: string, at: string, says = `started again by ${who}`): number {
    return together(this.database, () => {
      const closed = this.database
        .prepare(
          "UPDATE give_ups SET closed = ?, closed_by = ? WHERE unit = ? AND closed IS NULL RETURNING app",
        )
        .all(at, who, unit) as { app: string }[];
      for (const app of new Set(closed.map((row) => row.app)))
        this.told.gaveUpNoMore({ app, unit, says, at: Date.parse(at) });
      return closed.length;
    });
  }
}
