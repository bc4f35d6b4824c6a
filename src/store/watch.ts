import type { DatabaseSync } from "node:sqlite";
import type { CheckState } from "../heal/check-state.ts";
import type { WatchEvent } from "../heal/watch-event.ts";
import { Breakers } from "./breakers.ts";
import { Heals } from "./heals.ts";
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

/** All that watching remembers: heals and breakers, states of checks, events, restarts, and who watches. */
export class WatchRecord {
  readonly heals: Heals;
  readonly breakers: Breakers;
  private readonly database: DatabaseSync;
  private readonly told: Told;

  constructor(database: DatabaseSync, told: Told = untold) {
    this.database = database;
    this.told = told;
    this.heals = new Heals(database);
    this.breakers = new Breakers(database);
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
         WHERE app = ? AND service = ? AND kind = 'restarted-by-systemd' AND at >= ?
           AND json_extract(data, '$.drill') IS NULL ORDER BY id DESC LIMIT ?`,
      )
      .all(app, service, since, limit) as { at: number; restarts: number }[];
    const moments = rows.flatMap(({ at, restarts }) => Array<number>(Math.min(restarts, limit)).fill(at));
    return moments.slice(0, limit).toReversed();
  }

  /** What was done to services on purpose is not held against them: heals of a drill are not spent, and its crashes open no breaker. */
  spare(app: string, services: readonly string[], since: number, until: number): void {
    this.together(() => {
      for (const service of services) {
        this.write(
          "UPDATE heals SET counts = 0 WHERE app = ? AND service = ? AND at BETWEEN ? AND ?",
          app,
          service,
          since,
          until,
        );
        this.write(
          `UPDATE events SET data = json_set(coalesce(data, '{}'), '$.drill', 1)
           WHERE app = ? AND service = ? AND kind = 'restarted-by-systemd' AND at BETWEEN ? AND ?`,
          app,
          service,
          since,
          until,
        );
      }
    });
  }

  private write(sql: string, ...values: (string | number | null)[]) {
    return writing(this.database, () => this.database.prepare(sql).run(...values));
  }
}
