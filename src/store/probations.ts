import type { DatabaseSync } from "node:sqlite";
import type { Verdict } from "../observe/probation/judge-probation.ts";
import { together } from "./open-store.ts";
import { untold, type Told } from "./told.ts";

/** Verdicts of probations. One is final: what happens later is not held against a change that has proved itself. */
export class Probations {
  readonly #database: DatabaseSync;
  readonly #told: Told;

  constructor(database: DatabaseSync, told: Told = untold) {
    this.#database = database;
    this.#told = told;
  }

  /** Of the probation that began at a moment; null when there is none yet. */
  verdict(app: string, service: string, since: number): Verdict | null {
    if (!this.#isThere()) return null;
    const row = this.#database
      .prepare("SELECT verdict, reasons FROM probations WHERE app = ? AND service = ? AND since = ?")
      .get(app, service, since) as { verdict: Verdict["state"]; reasons: string } | undefined;
    return row === undefined ? null : { state: row.verdict, reasons: JSON.parse(row.reasons) as string[] };
  }

  /** The first verdict of a probation stays; that of an earlier probation goes. A failure is told with it, once. */
  settle(app: string, service: string, since: number, { state, reasons }: Verdict, at: number): void {
    together(this.#database, () => {
      const { changes } = this.#database
        .prepare(
          `INSERT INTO probations (app, service, since, verdict, reasons, at) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (app, service) DO UPDATE SET since = excluded.since, verdict = excluded.verdict, reasons = excluded.reasons, at = excluded.at
           WHERE since <> excluded.since`,
        )
        .run(app, service, since, state, JSON.stringify(reasons), at);
      const says =
        state === "failed"
          ? `${service} failed its probation: ${reasons.join("; ")}`
          : "it has passed its probation";
      if (changes > 0) this.#told.probation({ app, service, state, says, at });
    });
  }

  /** An earlier failure is told no more: the service was changed, or has to prove nothing any more. */
  beginAnew(app: string, service: string, says: string, at: number): void {
    together(this.#database, () => this.#told.probation({ app, service, state: "running", says, at }));
  }

  /** A record that was last written before there were probations may be read all the same. */
  #isThere(): boolean {
    return (
      this.#database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'probations'").get() !== undefined
    );
  }
}
