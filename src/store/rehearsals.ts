import type { DatabaseSync } from "node:sqlite";
import type { Outcome } from "../rehearse/outcome.ts";
import type { Report } from "../rehearse/rehearse.ts";
import { together, writing } from "./open-store.ts";

/** On a copy of the machine, or on the machine itself. */
export type RehearsalKind = "rehearsal" | "drill";

/** A report without what makes it long. */
export type Rehearsed = {
  app: string;
  kind: RehearsalKind;
  environment: string | null;
  /** SHA-256 of the spec's text. */
  spec: string;
  /** SHA-256 of what it compiles to; null when that is not known. */
  artifacts: string | null;
  systemd: string;
  at: number;
  verdicts: readonly Pick<Outcome, "fault" | "service" | "verdict">[];
};

/** So many of an application and a kind: the older ones are of specs that have long changed. */
const keptReports = 20;

/** Reports of rehearsals and drills: the evidence that promises hold. */
export class Rehearsals {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Keeps a report, and lets go of the oldest ones. */
  add(kind: RehearsalKind, report: Report, artifacts: string | null): void {
    const { app, environment, spec, systemd, at, outcomes } = report;
    const verdicts = outcomes.map(({ fault, service, verdict }) => ({ fault, service, verdict }));
    together(this.#database, () => {
      writing(this.#database, () =>
        this.#database
          .prepare(
            "INSERT INTO rehearsals (app, kind, environment, spec, artifacts, systemd, at, verdicts, report) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
          )
          .run(
            app,
            kind,
            environment,
            spec,
            artifacts,
            systemd,
            at,
            JSON.stringify(verdicts),
            JSON.stringify(report),
          ),
      );
      this.#database
        .prepare(
          "DELETE FROM rehearsals WHERE app = ?1 AND kind = ?2 AND id NOT IN (SELECT id FROM rehearsals WHERE app = ?1 AND kind = ?2 ORDER BY id DESC LIMIT ?3)",
        )
        .run(app, kind, keptReports);
    });
  }

  /** Newest first. */
  list(app: string): Rehearsed[] {
    if (!this.#isThere()) return [];
    const rows = this.#database
      .prepare(
        "SELECT app, kind, environment, spec, artifacts, systemd, at, verdicts FROM rehearsals WHERE app = ? ORDER BY id DESC",
      )
      .all(app) as (Omit<Rehearsed, "verdicts"> & { verdicts: string })[];
    return rows.map((row) => ({ ...row, verdicts: JSON.parse(row.verdicts) as Rehearsed["verdicts"] }));
  }

  /** The newest report in full, of either kind. */
  latest(app: string): { kind: RehearsalKind; report: Report } | null {
    if (!this.#isThere()) return null;
    const row = this.#database
      .prepare("SELECT kind, report FROM rehearsals WHERE app = ? ORDER BY id DESC LIMIT 1")
      .get(app) as { kind: RehearsalKind; report: string } | undefined;
    return row === undefined ? null : { kind: row.kind, report: JSON.parse(row.report) as Report };
  }

  /** A record that was last written before there were rehearsals may be read all the same. */
  #isThere(): boolean {
    return (
      this.#database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'rehearsals'").get() !== undefined
    );
  }
}
