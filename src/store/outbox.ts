import type { DatabaseSync } from "node:sqlite";
import type { OutboxRow, OutboxStatus } from "../tell/incident.ts";
import { prepared, writing } from "./open-store.ts";

type Value = string | number | null;
type Row = Record<string, Value>;

/** A row that is put in; everything else of it begins the same. */
export type NewRow = Pick<
  OutboxRow,
  | "uid"
  | "app"
  | "incident"
  | "target"
  | "kind"
  | "severity"
  | "title"
  | "lines"
  | "service"
  | "at"
  | "silent"
  | "nextAttempt"
  | "created"
  | "expires"
  | "why"
>;

const columns = `id, uid, app, incident, target, sequence, kind, severity, title, lines, service, at, silent, status, attempts,
  next_attempt AS nextAttempt, lease_until AS leaseUntil, ambiguous, first_error AS firstError, last_error AS lastError,
  provider_id AS providerId, created, sent, expires, why`;

/**
 * Messages that are to be sent. A row is put in with what it tells, in one transaction; it is claimed for a time (a lease),
 * sent, and then marked: who is killed in between leaves a lease that runs out, and the row is sent again.
 */
export class Outbox {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  add(row: NewRow): number {
    const result = this.#run(
      `INSERT INTO outbox (uid, app, incident, target, sequence, kind, severity, title, lines, service, at, silent, status, next_attempt, created, expires, why)
       VALUES (?1, ?2, ?3, ?4, (SELECT coalesce(max(sequence), 0) + 1 FROM outbox WHERE incident IS ?3 AND target = ?4 AND ?3 IS NOT NULL),
         ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'pending', ?12, ?13, ?14, ?15)`,
      row.uid,
      row.app,
      row.incident,
      row.target,
      row.kind,
      row.severity,
      row.title,
      JSON.stringify(row.lines),
      row.service,
      row.at,
      row.silent ? 1 : 0,
      row.nextAttempt,
      row.created,
      row.expires,
      row.why,
    );
    return Number(result.lastInsertRowid);
  }

  /** Pending rows of a target, oldest first; however many wait, those of incidents with something critical are among them. */
  pending(app: string, target: string, limit = 100): OutboxRow[] {
    const rows = this.#select(
      "WHERE app = ?1 AND target = ?2 AND status = 'pending' ORDER BY id LIMIT ?3",
      app,
      target,
      limit,
    );
    if (rows.length < limit) return rows;
    const urgent = this.#select(
      `WHERE app = ?1 AND target = ?2 AND status = 'pending' AND id > ?3 AND incident IN
         (SELECT incident FROM outbox WHERE app = ?1 AND target = ?2 AND status = 'pending' AND severity = 'critical')
       ORDER BY id LIMIT ?4`,
      app,
      target,
      rows.at(-1)!.id,
      limit,
    );
    return [...rows, ...urgent];
  }

  /** Targets with something pending. */
  pendingTargets(app: string): string[] {
    const rows = this.#all("SELECT DISTINCT target FROM outbox WHERE app = ? AND status = 'pending'", app);
    return rows.map((row) => String(row["target"]));
  }

  pendingCount(app: string): number {
    return Number(
      this.#all("SELECT count(*) AS n FROM outbox WHERE app = ? AND status = 'pending'", app)[0]!["n"],
    );
  }

  /** Since when the oldest message of any application waits for nothing but getting through; null when none does. */
  stuckSince(now: number): number | null {
    const row = this.#all(
      "SELECT min(created) AS at FROM outbox WHERE status = 'pending' AND (attempts > 0 OR next_attempt <= ?)",
      now,
    )[0];
    return row!["at"] as number | null;
  }

  /** Takes rows for a time; false when somebody else has one of them. */
  claim(ids: readonly number[], now: number, until: number): boolean {
    const marks = ids.map(() => "?").join(", ");
    const { changes } = this.#run(
      `UPDATE outbox SET lease_until = ?, attempts = attempts + 1
       WHERE id IN (${marks}) AND status = 'pending' AND (lease_until IS NULL OR lease_until <= ?)`,
      until,
      ...ids,
      now,
    );
    return Number(changes) === ids.length;
  }

  /** What somebody who is gone had claimed may be claimed again; that it was claimed stays known. */
  releaseLeases(app: string, now: number): void {
    this.#run(
      "UPDATE outbox SET lease_until = ? WHERE app = ? AND status = 'pending' AND lease_until > ?",
      now,
      app,
      now,
    );
  }

  markSent(ids: readonly number[], now: number, providerId: string | null): void {
    this.#end(ids, "sent", now, providerId, null);
  }

  /** Sent again later; `ambiguous` when it may have got through. */
  putBack(ids: readonly number[], nextAttempt: number, why: string, ambiguous: boolean): void {
    this.#run(
      `UPDATE outbox SET lease_until = NULL, next_attempt = ?, first_error = coalesce(first_error, ?), last_error = ?, ambiguous = max(ambiguous, ?)
       WHERE id IN (${marksOf(ids)}) AND status = 'pending'`,
      nextAttempt,
      why,
      why,
      ambiguous ? 1 : 0,
      ...ids,
    );
  }

  /** Not sent now, through no fault of its own. */
  postpone(ids: readonly number[], until: number, why: string): void {
    this.#run(
      `UPDATE outbox SET next_attempt = ?, why = ? WHERE id IN (${marksOf(ids)}) AND status = 'pending'`,
      until,
      why,
      ...ids,
    );
  }

  /** Tried at once: what kept the target from working is mended. */
  hurry(app: string, target: string, now: number): void {
    this.#run(
      "UPDATE outbox SET next_attempt = ? WHERE app = ? AND target = ? AND status = 'pending' AND next_attempt > ? AND attempts > 0",
      now,
      app,
      target,
      now,
    );
  }

  markDead(ids: readonly number[], now: number, why: string): void {
    this.#end(ids, "dead", now, null, why);
  }

  supersede(ids: readonly number[], now: number, why: string): void {
    this.#end(ids, "superseded", now, null, why);
  }

  /** A dead row is tried once more, with a new time to live. */
  retry(id: number, now: number, expires: number): boolean {
    const { changes } = this.#run(
      "UPDATE outbox SET status = 'pending', next_attempt = ?, expires = ?, lease_until = NULL, why = NULL WHERE id = ? AND status = 'dead'",
      now,
      expires,
      id,
    );
    return changes > 0;
  }

  get(id: number): OutboxRow | null {
    return this.#select("WHERE id = ?", id)[0] ?? null;
  }

  ofIncident(incident: number, limit = 500): OutboxRow[] {
    return this.#select("WHERE incident = ? ORDER BY id LIMIT ?", incident, limit);
  }

  ofIncidentTo(incident: number, target: string): OutboxRow[] {
    return this.#select("WHERE incident = ? AND target = ? ORDER BY id", incident, target);
  }

  /** Newest first. */
  list(app: string, options: { status?: OutboxStatus; limit?: number } = {}): OutboxRow[] {
    return this.#select(
      "WHERE app = ?1 AND (?2 IS NULL OR status = ?2) ORDER BY id DESC LIMIT ?3",
      app,
      options.status ?? null,
      options.limit ?? 50,
    );
  }

  /** Of these, those that have not ended yet. */
  unfinished(ids: readonly number[]): OutboxRow[] {
    return this.#select(`WHERE id IN (${marksOf(ids)}) AND status = 'pending'`, ...ids);
  }

  /** Moments of messages to a target within a window, oldest first, at most so many, the newest; critical ones are not counted. */
  sentSince(app: string, target: string, since: number, limit: number): number[] {
    const rows = this.#all(
      "SELECT DISTINCT sent FROM outbox WHERE app = ? AND target = ? AND status = 'sent' AND sent > ? AND severity <> 'critical' ORDER BY sent DESC LIMIT ?",
      app,
      target,
      since,
      limit,
    );
    return rows.map((row) => Number(row["sent"])).toReversed();
  }

  expired(app: string, now: number): OutboxRow[] {
    return this.#select(
      "WHERE app = ? AND status = 'pending' AND expires <= ? ORDER BY id LIMIT 1000",
      app,
      now,
    );
  }

  /** The next moment at which something may be sent, runs out or is free again; null when nothing is pending. */
  nextDue(app: string): number | null {
    const row = this.#all(
      "SELECT min(min(max(next_attempt, coalesce(lease_until, 0)), expires)) AS at FROM outbox WHERE app = ? AND status = 'pending'",
      app,
    )[0];
    return row!["at"] as number | null;
  }

  /** What was sent or superseded long ago goes; what was lost stays as long. */
  dropBefore(app: string, before: number): number {
    return Number(
      this.#run("DELETE FROM outbox WHERE app = ? AND status <> 'pending' AND created < ?", app, before)
        .changes,
    );
  }

  #end(
    ids: readonly number[],
    status: OutboxStatus,
    now: number,
    providerId: string | null,
    why: string | null,
  ): void {
    this.#run(
      `UPDATE outbox SET status = ?1, sent = CASE WHEN ?1 = 'sent' THEN ?2 ELSE sent END, lease_until = NULL, provider_id = ?3, why = coalesce(?4, why)
       WHERE id IN (${ids.map((_, index) => `?${index + 5}`).join(", ")}) AND status = 'pending'`,
      status,
      now,
      providerId,
      why,
      ...ids,
    );
  }

  #select(where: string, ...values: Value[]): OutboxRow[] {
    return this.#all(`SELECT ${columns} FROM outbox ${where}`, ...values).map((row) => ({
      ...(row as unknown as OutboxRow),
      lines: JSON.parse(String(row["lines"])) as string[],
      silent: row["silent"] === 1,
      ambiguous: row["ambiguous"] === 1,
    }));
  }

  #all(sql: string, ...values: Value[]): Row[] {
    return prepared(this.#database, sql).all(...values) as Row[];
  }

  #run(sql: string, ...values: Value[]) {
    return writing(this.#database, () => prepared(this.#database, sql).run(...values));
  }
}

function marksOf(list: readonly unknown[]): string {
  return list.map(() => "?").join(", ");
}
