import type { DatabaseSync } from "node:sqlite";
import type { HealRow, HealStep } from "../heal/heal-row.ts";
import { writing } from "./open-store.ts";

type Row = Record<string, string | number | null>;

/** Heals from their decision to their end: what is carried out is on record before it acts, step by step. */
export class Heals {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Recorded before its first step acts. */
  begin(
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
      this.#write(
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
  beginStep(id: number, step: HealStep): void {
    this.#write("UPDATE heals SET step = ? WHERE id = ?", step, id);
  }

  note(
    id: number,
    found: Partial<
      Pick<HealRow, "pidBefore" | "invocationBefore" | "alongside" | "pidAfter" | "evidence" | "readyAt">
    >,
  ): void {
    this.#write(
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
  end(id: number, at: number, outcome: NonNullable<HealRow["outcome"]>, detail: string): boolean {
    const { changes } = this.#write(
      "UPDATE heals SET finished = ?, outcome = ?, detail = ? WHERE id = ? AND finished IS NULL",
      at,
      outcome,
      detail,
      id,
    );
    return changes > 0;
  }

  get(id: number): HealRow | null {
    return this.#select("WHERE id = ?", id)[0] ?? null;
  }

  open(): HealRow[] {
    return this.#select("WHERE finished IS NULL ORDER BY id");
  }

  /** The latest of a unit, over or not. */
  latest(unit: string): HealRow | null {
    return this.#select("WHERE unit = ? ORDER BY id DESC LIMIT 1", unit)[0] ?? null;
  }

  /** Newest last. */
  since(app: string, service: string, since: number): HealRow[] {
    return this.#select("WHERE app = ? AND service = ? AND at >= ? ORDER BY id", app, service, since);
  }

  #select(where: string, ...values: (string | number)[]): HealRow[] {
    const rows = this.#database.prepare(`SELECT * FROM heals ${where}`).all(...values) as Row[];
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

  #write(sql: string, ...values: (string | number | null)[]) {
    return writing(this.#database, () => this.#database.prepare(sql).run(...values));
  }
}
