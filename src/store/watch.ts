import type { DatabaseSync } from "node:sqlite";
import type { CheckState } from "../heal/check-state.ts";
import type { HealRow, HealStep } from "../heal/heal-row.ts";
import type { Breaker } from "../heal/service-state.ts";
import type { WatchEvent } from "../heal/watch-event.ts";
import { together, writing } from "./open-store.ts";
import { untold, type Told } from "./told.ts";

/** What was last seen of a unit, to count restarts that happened while nobody looked. */
export type UnitMark = { invocation: string; restarts: number; boot: string; at: number };

export type Watcher = {
  boot: string;
  pid: number;
  started: number;
  lastTick: number;
  stopped: number | null;
};

type Row = Record<string, string | number | null>;

/** All that watching remembers. */
export class WatchRecord {
  private readonly database: DatabaseSync;
  private readonly told: Told;

  constructor(database: DatabaseSync, told: Told = untold) {
    this.database = database;
    this.told = told;
  }

  checkStates(app: string, service: string): Record<string, CheckState> {
    const rows = this.database
      .prepare("SELECT check_id AS id, state FROM check_states WHERE app = ? AND service = ?")
      .all(app, service) as { id: string; state: string }[];
    return Object.fromEntries(rows.map(({ id, state }) => [id, JSON.parse(state) as CheckState]));
  }

  saveCheckState(app: string, service: string, check: string, state: CheckState): void {
    this.write(
      `INSERT INTO check_states (app, service, check_id, verdict, at, state) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (app, service, check_id) DO UPDATE SET verdict = excluded.verdict, at = excluded.at, state = excluded.state`,
      app,
      service,
      check,
      state.verdict,
      state.lastAt ?? state.since,
      JSON.stringify(state),
    );
  }

  /** Of checks that are no longer declared. */
  forgetChecks(app: string, service: string, kept: readonly string[]): void {
    for (const id of Object.keys(this.checkStates(app, service)))
      if (!kept.includes(id))
        this.write(
          "DELETE FROM check_states WHERE app = ? AND service = ? AND check_id = ?",
          app,
          service,
          id,
        );
  }

  /** With what is to be told of it, or not at all. */
  addEvent(event: WatchEvent): number {
    const { at, app, service, kind, check, says, data } = event;
    return this.together(() => {
      const { lastInsertRowid } = this.write(
        "INSERT INTO events (at, app, service, kind, check_id, says, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
        at,
        app,
        service,
        kind,
        check,
        says,
        data === null ? null : JSON.stringify(data),
      );
      this.told.event(event);
      return Number(lastInsertRowid);
    });
  }

  /** Newest first. */
  events(
    app: string,
    options: { service?: string; since?: number; limit?: number } = {},
  ): (WatchEvent & { id: number })[] {
    const rows = this.database
      .prepare(
        `SELECT id, at, app, service, kind, check_id AS "check", says, data FROM events
         WHERE app = ? AND (?2 IS NULL OR service = ?2) AND at >= ?3 ORDER BY id DESC LIMIT ?4`,
      )
      .all(app, options.service ?? null, options.since ?? 0, options.limit ?? 200) as (Omit<
      WatchEvent,
      "data"
    > & {
      id: number;
      data: string | null;
    })[];
    return rows.map((row) => ({ ...row, data: row.data === null ? null : JSON.parse(row.data) }));
  }

  /** Recorded before its first step acts. */
  beginHeal(
    heal: Omit<
      HealRow,
      | "id"
      | "step"
      | "invocationBefore"
      | "alongside"
      | "pidAfter"
      | "evidence"
      | "readyAt"
      | "finished"
      | "outcome"
      | "detail"
    >,
  ): number {
    return Number(
      this.write(
        `INSERT INTO heals (app, service, unit, at, who, act, cause, check_id, why, counts, pid_before)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        heal.app,
        heal.service,
        heal.unit,
        heal.at,
        heal.who,
        heal.act,
        heal.cause,
        heal.check,
        heal.why,
        heal.counts ? 1 : 0,
        heal.pidBefore,
      ).lastInsertRowid,
    );
  }

  /** Before the step acts, so that a heal that is cut short is resumed where it was. */
  beginHealStep(id: number, step: HealStep): void {
    this.write("UPDATE heals SET step = ? WHERE id = ?", step, id);
  }

  noteHeal(
    id: number,
    found: Partial<
      Pick<HealRow, "pidBefore" | "invocationBefore" | "alongside" | "pidAfter" | "evidence" | "readyAt">
    >,
  ): void {
    this.write(
      `UPDATE heals SET pid_before = coalesce(?, pid_before), invocation_before = coalesce(?, invocation_before),
       alongside = coalesce(?, alongside), pid_after = coalesce(?, pid_after), evidence = coalesce(?, evidence),
       ready_at = coalesce(?, ready_at) WHERE id = ?`,
      found.pidBefore ?? null,
      found.invocationBefore ?? null,
      found.alongside === undefined ? null : JSON.stringify(found.alongside),
      found.pidAfter ?? null,
      found.evidence ?? null,
      found.readyAt ?? null,
      id,
    );
  }

  /** False when it had ended already: whoever comes second changes nothing. */
  endHeal(id: number, at: number, outcome: NonNullable<HealRow["outcome"]>, detail: string): boolean {
    const { changes } = this.write(
      "UPDATE heals SET finished = ?, outcome = ?, detail = ? WHERE id = ? AND finished IS NULL",
      at,
      outcome,
      detail,
      id,
    );
    return changes > 0;
  }

  heal(id: number): HealRow | null {
    return this.selectHeals("WHERE id = ?", id)[0] ?? null;
  }

  openHeals(): HealRow[] {
    return this.selectHeals("WHERE finished IS NULL ORDER BY id");
  }

  /** The latest of a unit, over or not. */
  latestHeal(unit: string): HealRow | null {
    return this.selectHeals("WHERE unit = ? ORDER BY id DESC LIMIT 1", unit)[0] ?? null;
  }

  /** Newest last. */
  healsSince(app: string, service: string, since: number): HealRow[] {
    return this.selectHeals("WHERE app = ? AND service = ? AND at >= ? ORDER BY id", app, service, since);
  }

  breaker(unit: string): Breaker | null {
    const row = this.database
      .prepare("SELECT state, since, why, rearm_at AS rearmAt, trips FROM breakers WHERE unit = ?")
      .get(unit);
    return row === undefined ? null : (row as Breaker);
  }

  /** Units of an application that have ever had a breaker. */
  guardedUnits(app: string): { app: string; service: string; unit: string }[] {
    return this.database
      .prepare("SELECT app, service, unit FROM breakers WHERE app = ? ORDER BY unit")
      .all(app) as { app: string; service: string; unit: string }[];
  }

  saveBreaker(app: string, service: string, unit: string, breaker: Breaker): void {
    this.write(
      `INSERT INTO breakers (unit, app, service, state, since, why, rearm_at, trips) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (unit) DO UPDATE SET state = excluded.state, since = excluded.since, why = excluded.why, rearm_at = excluded.rearm_at, trips = excluded.trips`,
      unit,
      app,
      service,
      breaker.state,
      breaker.since,
      breaker.why,
      breaker.rearmAt,
      breaker.trips,
    );
  }

  mark(unit: string): UnitMark | null {
    const row = this.database
      .prepare("SELECT invocation, restarts, boot, at FROM unit_marks WHERE unit = ?")
      .get(unit);
    return row === undefined ? null : (row as UnitMark);
  }

  saveMark(unit: string, mark: UnitMark): void {
    this.write(
      `INSERT INTO unit_marks (unit, invocation, restarts, boot, at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (unit) DO UPDATE SET invocation = excluded.invocation, restarts = excluded.restarts, boot = excluded.boot, at = excluded.at`,
      unit,
      mark.invocation,
      mark.restarts,
      mark.boot,
      mark.at,
    );
  }

  watcher(name: string): Watcher | null {
    const row = this.database
      .prepare("SELECT boot, pid, started, last_tick AS lastTick, stopped FROM watchers WHERE name = ?")
      .get(name);
    return row === undefined ? null : (row as Watcher);
  }

  saveWatcher(name: string, watcher: Watcher): void {
    this.write(
      `INSERT INTO watchers (name, boot, pid, started, last_tick, stopped) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET boot = excluded.boot, pid = excluded.pid, started = excluded.started, last_tick = excluded.last_tick, stopped = excluded.stopped`,
      name,
      watcher.boot,
      watcher.pid,
      watcher.started,
      watcher.lastTick,
      watcher.stopped,
    );
  }

  /** All of it, or none: a transition and what follows from it belong together. May be used inside another one. */
  together<T>(work: () => T): T {
    return together(this.database, work);
  }

  /**
   * As together, but a power cut may take it back: for what is seen again anyway. It spares an SD card the fsync
   * (https://sqlite.org/pragma.html#pragma_synchronous: in WAL mode NORMAL loses the last commits and damages nothing).
   */
  lightly<T>(work: () => T): T {
    this.database.exec("PRAGMA synchronous = NORMAL");
    try {
      return this.together(work);
    } finally {
      this.database.exec("PRAGMA synchronous = FULL");
    }
  }

  /** Changes when another connection has changed anything; asking costs a few microseconds. */
  version(): number {
    const row = this.database.prepare("PRAGMA data_version").get() as { data_version: number };
    return row.data_version;
  }

  /** Moments of restarts by systemd, oldest first, as many times as there were; at most so many, the newest. */
  crashesSince(app: string, service: string, since: number, limit: number): number[] {
    const rows = this.database
      .prepare(
        `SELECT at, coalesce(json_extract(data, '$.restarts'), 1) AS restarts FROM events
         WHERE app = ? AND service = ? AND kind = 'restarted-by-systemd' AND at >= ? ORDER BY id DESC LIMIT ?`,
      )
      .all(app, service, since, limit) as { at: number; restarts: number }[];
    const moments = rows.flatMap(({ at, restarts }) => Array<number>(Math.min(restarts, limit)).fill(at));
    return moments.slice(0, limit).toReversed();
  }

  private selectHeals(where: string, ...values: (string | number)[]): HealRow[] {
    const rows = this.database.prepare(`SELECT * FROM heals ${where}`).all(...values) as Row[];
    return rows.map((row) => ({
      id: Number(row["id"]),
      app: String(row["app"]),
      service: String(row["service"]),
      unit: String(row["unit"]),
      at: Number(row["at"]),
      who: String(row["who"]),
      act: row["act"] as HealRow["act"],
      cause: String(row["cause"]),
      check: row["check_id"] as string | null,
      why: String(row["why"]),
      counts: row["counts"] === 1,
      step: row["step"] as HealStep | null,
      pidBefore: row["pid_before"] as number | null,
      invocationBefore: row["invocation_before"] as string | null,
      alongside: row["alongside"] === null ? [] : (JSON.parse(String(row["alongside"])) as string[]),
      pidAfter: row["pid_after"] as number | null,
      evidence: row["evidence"] as string | null,
      readyAt: row["ready_at"] as number | null,
      finished: row["finished"] as number | null,
      outcome: row["outcome"] as HealRow["outcome"],
      detail: row["detail"] as string | null,
    }));
  }

  private write(sql: string, ...values: (string | number | null)[]) {
    return writing(this.database, () => this.database.prepare(sql).run(...values));
  }
}
