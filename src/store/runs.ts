import type { DatabaseSync } from "node:sqlite";
import { together } from "./open-store.ts";
import type { RunResult } from "./run-result.ts";
import { untold, type Told } from "./told.ts";

export type { RunResult } from "./run-result.ts";

export type Trigger = "timer" | "catch-up" | "manual";

/** A run as the gate sees it: what it was for, and how it ended. */
export type KnownRun = {
  job: string;
  slot: string | null;
  tradingDay: string;
  result: RunResult;
  started: string;
};

export type Run = {
  id: number;
  app: string;
  job: string;
  /** The time it was for, ISO; null for a job without a schedule. */
  slot: string | null;
  tradingDay: string;
  trigger: Trigger;
  result: RunResult;
  reason: string;
  started: string;
  ended: string | null;
  exitCode: string | null;
  exitStatus: string | null;
  /** Finds its lines in the journal. */
  invocation: string | null;
  boot: string | null;
};

export type NewRun = Omit<Run, "id" | "ended" | "exitCode" | "exitStatus">;

export type Pause = { until: string | null; who: string; why: string | null; at: string };

const columns =
  "id, app, job, slot, trading_day AS tradingDay, trigger, result, reason, started, ended, exit_code AS exitCode, exit_status AS exitStatus, invocation, boot";

/** The record of runs: every slot that came, whether its job ran or not, and why. */
export class Runs {
  private readonly database: DatabaseSync;
  private readonly told: Told;

  constructor(database: DatabaseSync, told: Told = untold) {
    this.database = database;
    this.told = told;
  }

  /** Does all of it or nothing, and nobody else writes in between: a gate decides on what it has read. */
  exclusively<T>(work: () => T): T {
    this.database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.database.exec("COMMIT");
      return result;
    } catch (error) {
      this.database.exec("ROLLBACK");
      throw error;
    }
  }

  add(run: NewRun): number {
    const { lastInsertRowid } = this.database
      .prepare(
        "INSERT INTO runs (app, job, slot, trading_day, trigger, result, reason, started, invocation, boot) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      )
      .run(
        run.app,
        run.job,
        run.slot,
        run.tradingDay,
        run.trigger,
        run.result,
        run.reason,
        run.started,
        run.invocation,
        run.boot,
      );
    const { app, job, result, reason, started } = run;
    if (result !== "running") this.told.run({ app, job, result, reason, at: Date.parse(started) });
    return Number(lastInsertRowid);
  }

  /** Ends the run of an invocation; false when no such run is open. */
  end(
    app: string,
    job: string,
    invocation: string,
    end: {
      result: RunResult;
      reason: string;
      at: string;
      exitCode: string | null;
      exitStatus: string | null;
    },
  ): boolean {
    return together(this.database, () => {
      const { changes } = this.database
        .prepare(
          "UPDATE runs SET result = ?, reason = ?, ended = ?, exit_code = ?, exit_status = ? WHERE app = ? AND job = ? AND invocation = ? AND result = 'running'",
        )
        .run(end.result, end.reason, end.at, end.exitCode, end.exitStatus, app, job, invocation);
      const { result, reason, at } = end;
      if (changes > 0) this.told.run({ app, job, result, reason, at: Date.parse(at) });
      return changes > 0;
    });
  }

  /** A run of an earlier boot that never ended was cut short: nobody knows how far it came. */
  closeLost(app: string, boot: string, at: string): Run[] {
    const lost = this.database
      .prepare(`SELECT ${columns} FROM runs WHERE app = ? AND result = 'running' AND boot IS NOT ?`)
      .all(app, boot) as unknown as Run[];
    for (const run of lost) {
      this.database
        .prepare("UPDATE runs SET result = 'lost', reason = ?, ended = ? WHERE id = ?")
        .run("the host went down before it ended", at, run.id);
      const reason = `the run that began at ${run.started} was cut short: the host went down`;
      this.told.run({ app, job: run.job, result: "lost", reason, at: Date.parse(at) });
    }
    return lost;
  }

  /** Runs of some jobs for a trading day, oldest first. */
  ofDay(app: string, tradingDay: string, jobs: readonly string[]): KnownRun[] {
    const marks = jobs.map(() => "?").join(", ");
    return this.database
      .prepare(
        `SELECT job, slot, trading_day AS tradingDay, result, started FROM runs WHERE app = ? AND trading_day = ? AND job IN (${marks}) ORDER BY id`,
      )
      .all(app, tradingDay, ...jobs) as unknown as KnownRun[];
  }

  /** A running row of any day, because a run may go past midnight. */
  running(app: string, job: string): KnownRun | null {
    return (
      (this.database
        .prepare(
          "SELECT job, slot, trading_day AS tradingDay, result, started FROM runs WHERE app = ? AND job = ? AND result = 'running'",
        )
        .get(app, job) as unknown as KnownRun | undefined) ?? null
    );
  }

  /** Newest first. */
  latest(app: string, job: string | null, limit: number): Run[] {
    const where = job === null ? "app = ?" : "app = ? AND job = ?";
    return this.database
      .prepare(`SELECT ${columns} FROM runs WHERE ${where} ORDER BY id DESC LIMIT ?`)
      .all(...(job === null ? [app] : [app, job]), limit) as unknown as Run[];
  }

  /** Runs whose slot or start is not before a time, oldest first. */
  since(app: string, job: string, from: string): Pick<Run, "slot" | "started" | "ended" | "result">[] {
    return this.database
      .prepare(
        "SELECT slot, started, ended, result FROM runs WHERE app = ? AND job = ? AND (slot >= ? OR started >= ? OR result = 'running') ORDER BY id",
      )
      .all(app, job, from, from) as unknown as Pick<Run, "slot" | "started" | "ended" | "result">[];
  }

  /** Has a timer's start come to the gate since a moment? */
  hasElapsed(app: string, job: string, since: string): boolean {
    return (
      this.database
        .prepare(
          "SELECT 1 FROM runs WHERE app = ? AND job = ? AND trigger <> 'manual' AND started >= ? LIMIT 1",
        )
        .get(app, job, since) !== undefined
    );
  }

  hasSlot(app: string, job: string, slot: string): boolean {
    return (
      this.database
        .prepare("SELECT 1 FROM runs WHERE app = ? AND job = ? AND slot = ? LIMIT 1")
        .get(app, job, slot) !== undefined
    );
  }

  pause(app: string, job: string, pause: Pause): void {
    this.database
      .prepare(
        "INSERT INTO pauses (app, job, until, who, why, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (app, job) DO UPDATE SET until = excluded.until, who = excluded.who, why = excluded.why, at = excluded.at",
      )
      .run(app, job, pause.until, pause.who, pause.why, pause.at);
  }

  resume(app: string, job: string): boolean {
    return this.database.prepare("DELETE FROM pauses WHERE app = ? AND job = ?").run(app, job).changes > 0;
  }

  /** The pause that holds at a time; one that has expired holds no more. */
  paused(app: string, job: string, now: string): Pause | null {
    return (
      (this.database
        .prepare(
          "SELECT until, who, why, at FROM pauses WHERE app = ? AND job = ? AND (until IS NULL OR until > ?)",
        )
        .get(app, job, now) as unknown as Pause | undefined) ?? null
    );
  }

  allowOnce(app: string, job: string, who: string, why: string, expires: string): void {
    this.database
      .prepare(
        "INSERT INTO overrides (app, job, who, why, expires) VALUES (?, ?, ?, ?, ?) ON CONFLICT (app, job) DO UPDATE SET who = excluded.who, why = excluded.why, expires = excluded.expires",
      )
      .run(app, job, who, why, expires);
  }

  /** Takes the override of a job, so that it serves once. */
  takeOverride(app: string, job: string, now: string): { who: string; why: string } | null {
    const row = this.database
      .prepare("DELETE FROM overrides WHERE app = ? AND job = ? RETURNING who, why, expires")
      .get(app, job) as { who: string; why: string; expires: string } | undefined;
    return row && row.expires > now ? { who: row.who, why: row.why } : null;
  }
}
