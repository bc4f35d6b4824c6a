import type { DatabaseSync } from "node:sqlite";
import type { Severity } from "../value/severity.ts";
import { prepared, together, writing } from "./open-store.ts";

export type Acceptance = { why: string; by: string; at: number; until: number };

export type StoredFinding = {
  /** null: of the host. */
  app: string | null;
  id: string;
  where: string;
  /** The part of an audit that found it. */
  subject: string;
  service: string | null;
  severity: Severity;
  says: string;
  /** When it was first found, this time. */
  since: number;
  seen: number;
  gone: number | null;
  /** Also one that has run out. */
  accepted: Acceptance | null;
};

export type SeenFinding = Pick<
  StoredFinding,
  "app" | "id" | "where" | "subject" | "service" | "severity" | "says"
>;

/** Records what people are to be told of a change. */
export type Tell = (before: readonly StoredFinding[], after: readonly StoredFinding[]) => void;

/** Long enough to see what a year has brought. */
const keptFor = 400 * 86_400_000;

const columns = `NULLIF(app, '') AS app, id, place AS "where", subject, service, severity, says, since, seen, gone,
  accepted_why AS why, accepted_by AS "by", accepted_at AS "at", accepted_until AS until`;

type Row = Omit<StoredFinding, "accepted"> & {
  why: string | null;
  by: string | null;
  at: number | null;
  until: number | null;
};

/** Findings of audits, so that one run can say what is new and what is gone since the one before. */
export class AuditFindings {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Open and gone. */
  list(): StoredFinding[] {
    const rows = prepared(
      this.#database,
      `SELECT ${columns} FROM audit_findings ORDER BY app, id, place`,
    ).all();
    return (rows as Row[]).map(({ why, by, at, until, ...row }) => ({
      ...row,
      accepted: why === null ? null : { why, by: by ?? "", at: at ?? 0, until: until ?? 0 },
    }));
  }

  /**
   * Writes down what an audit found. One that is not found any more is gone only when its part was looked at in full, as
   * `complete` says. What is to be told of it is recorded with it, or neither. Returns what was not open before, and what is gone since.
   */
  record(
    found: readonly SeenFinding[],
    complete: readonly { app: string | null; subject: string }[],
    now: number,
    tell: Tell = () => {},
  ): { fresh: SeenFinding[]; gone: StoredFinding[] } {
    return together(this.#database, () => {
      const all = this.list();
      const before = all.filter((one) => one.gone === null);
      const open = new Set(before.map(identityOf));
      const seen = new Set(found.map(identityOf));
      const looked = new Set(complete.map(({ app, subject }) => `${app ?? ""} ${subject}`));
      for (const one of found) this.#put(one, now);
      const gone = before.filter(
        (one) => !seen.has(identityOf(one)) && looked.has(`${one.app ?? ""} ${one.subject}`),
      );
      for (const { app, id, where } of gone)
        this.#run(
          "UPDATE audit_findings SET gone = ? WHERE app = ? AND id = ? AND place = ?",
          now,
          app ?? "",
          id,
          where,
        );
      this.#run("DELETE FROM audit_findings WHERE gone < ?", now - keptFor);
      tell(all, this.list());
      return { fresh: found.filter((one) => !open.has(identityOf(one))), gone };
    });
  }

  /** False when there is no such finding. `tell` is recorded with it. */
  accept(
    { app, id, where }: Pick<StoredFinding, "app" | "id" | "where">,
    { why, by, at, until }: Acceptance,
    tell: Tell = () => {},
  ): boolean {
    return together(this.#database, () => {
      const before = this.list();
      const { changes } = this.#run(
        `UPDATE audit_findings SET accepted_why = ?, accepted_by = ?, accepted_at = ?, accepted_until = ?
         WHERE app = ? AND id = ? AND place = ?`,
        why,
        by,
        at,
        until,
        app ?? "",
        id,
        where,
      );
      if (changes > 0) tell(before, this.list());
      return changes > 0;
    });
  }

  /** One that was gone begins anew; what was accepted of it stays so until its day. */
  #put({ app, id, where, subject, service, severity, says }: SeenFinding, now: number): void {
    this.#run(
      `INSERT INTO audit_findings (app, id, place, subject, service, severity, says, since, seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (app, id, place) DO UPDATE SET subject = excluded.subject, service = excluded.service, severity = excluded.severity,
         says = excluded.says, since = iif(gone IS NULL, since, excluded.since), seen = excluded.seen, gone = NULL`,
      app ?? "",
      id,
      where,
      subject,
      service,
      severity,
      says,
      now,
      now,
    );
  }

  #run(sql: string, ...values: (string | number | null)[]) {
    return writing(this.#database, () => prepared(this.#database, sql).run(...values));
  }
}

function identityOf({ app, id, where }: Pick<SeenFinding, "app" | "id" | "where">): string {
  return `${app ?? ""} ${id} ${where}`;
}
