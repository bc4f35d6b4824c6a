import type { DatabaseSync } from "node:sqlite";
import type { TargetState } from "../tell/incident.ts";
import { prepared, writing } from "./open-store.ts";

const select = `SELECT target, last_success AS lastSuccess, failing_since AS failingSince, failures, last_error AS lastError,
  retry_at AS retryAt, tested_at AS testedAt, broken_why AS brokenWhy FROM targets WHERE app = ?`;

const upsert = `INSERT INTO targets (app, target, last_success, failing_since, failures, last_error, retry_at, tested_at, broken_why)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (app, target) DO UPDATE SET last_success = excluded.last_success, failing_since = excluded.failing_since,
    failures = excluded.failures, last_error = excluded.last_error, retry_at = excluded.retry_at,
    tested_at = excluded.tested_at, broken_why = excluded.broken_why`;

/** How the targets of messages have been doing: when one was last reached, since when it fails, when it is tried again. */
export class Targets {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Of one that was never sent to, too. */
  state(app: string, target: string): TargetState {
    const row = prepared(this.#database, `${select} AND target = ?`).get(app, target);
    return (row as TargetState | undefined) ?? { ...newTarget, target };
  }

  all(app: string): TargetState[] {
    return prepared(this.#database, `${select} ORDER BY target`).all(app) as TargetState[];
  }

  save(app: string, state: TargetState): void {
    const { target, lastSuccess, failingSince, failures, lastError, retryAt, testedAt, brokenWhy } = state;
    writing(this.#database, () =>
      prepared(this.#database, upsert).run(
        app,
        target,
        lastSuccess,
        failingSince,
        failures,
        lastError,
        retryAt,
        testedAt,
        brokenWhy,
      ),
    );
  }
}

const newTarget = {
  lastSuccess: null,
  failingSince: null,
  failures: 0,
  lastError: null,
  retryAt: null,
  testedAt: null,
  brokenWhy: null,
};
