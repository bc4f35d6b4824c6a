import type { DatabaseSync } from "node:sqlite";
import type { Duty, ReviewAction, ReviewAnswers } from "../tell/review-facts.ts";
import { prepared, together, writing } from "./open-store.ts";

type Value = string | number | null;

const actionColumns =
  "review_actions.id, incident, says, owner, review_actions.due, done, done_by AS doneBy, reminded";

/** With the name of its incident, for whoever is reminded. */
export type NamedAction = ReviewAction & { name: string };
export type DueReview = { incident: number; name: string; nextReview: number };

/** Duties, answers and actions of incidents: what people do about them and say of them afterwards. */
export class Reviews {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  addDuties(incident: number, duties: readonly Duty[]): void {
    together(this.#database, () => {
      for (const { number, level, says } of duties)
        this.#run(
          "INSERT INTO duties (incident, number, level, says) VALUES (?, ?, ?, ?)",
          incident,
          number,
          level,
          says,
        );
    });
  }

  duties(incident: number): Duty[] {
    return this.#all<Duty>(
      "SELECT number, level, says, done, who FROM duties WHERE incident = ? ORDER BY number",
      incident,
    );
  }

  /** False when there is no such duty, or somebody has done it already. */
  tickDuty(incident: number, number: number, who: string, at: number): boolean {
    const { changes } = this.#run(
      "UPDATE duties SET done = ?, who = ? WHERE incident = ? AND number = ? AND done IS NULL",
      at,
      who,
      incident,
      number,
    );
    return changes > 0;
  }

  answers(incident: number): ReviewAnswers {
    const [row] = this.#all<{ answers: string }>("SELECT answers FROM reviews WHERE incident = ?", incident);
    return row === undefined ? {} : (JSON.parse(row.answers) as ReviewAnswers);
  }

  /** A text replaces the one before; what is a list grows, by what is not in it yet. */
  mergeAnswers(incident: number, added: ReviewAnswers): ReviewAnswers {
    return together(this.#database, () => {
      const merged = mergeAnswers(this.answers(incident), added);
      this.#run(
        `INSERT INTO reviews (incident, answers) VALUES (?, ?)
         ON CONFLICT (incident) DO UPDATE SET answers = excluded.answers`,
        incident,
        JSON.stringify(merged),
      );
      return merged;
    });
  }

  nextReview(incident: number): number | null {
    const [row] = this.#all<{ at: number | null }>(
      "SELECT next_review AS at FROM reviews WHERE incident = ?",
      incident,
    );
    return row?.at ?? null;
  }

  /** A new date is reminded of anew. */
  setNextReview(incident: number, at: number): void {
    this.#run(
      `INSERT INTO reviews (incident, answers, next_review) VALUES (?, '{}', ?)
       ON CONFLICT (incident) DO UPDATE SET next_review = excluded.next_review, reminded = NULL`,
      incident,
      at,
    );
  }

  addAction({
    incident,
    says,
    owner,
    due,
  }: Pick<ReviewAction, "incident" | "says" | "owner" | "due">): number {
    return Number(
      this.#run(
        "INSERT INTO review_actions (incident, says, owner, due) VALUES (?, ?, ?, ?)",
        incident,
        says,
        owner,
        due,
      ).lastInsertRowid,
    );
  }

  /** In the order they were added; their place in it is the number that people use. */
  actions(incident: number): ReviewAction[] {
    return this.#all<ReviewAction>(
      `SELECT ${actionColumns} FROM review_actions WHERE incident = ? ORDER BY id`,
      incident,
    );
  }

  /** False when it was done already. */
  endAction(id: number, who: string, at: number): boolean {
    const { changes } = this.#run(
      "UPDATE review_actions SET done = ?, done_by = ? WHERE id = ? AND done IS NULL",
      at,
      who,
      id,
    );
    return changes > 0;
  }

  /** Not done by the end of their day, and not reminded of since a moment; the longest overdue first. */
  overdueActions(app: string, now: number, remindedBefore = now): NamedAction[] {
    return this.#all<NamedAction>(
      `SELECT ${actionColumns}, incidents.name FROM review_actions JOIN incidents ON incidents.id = incident
       WHERE incidents.app = ? AND done IS NULL AND review_actions.due <= ? AND coalesce(reminded, -1) < ? ORDER BY review_actions.due, review_actions.id`,
      app,
      now,
      remindedBefore,
    );
  }

  markActionReminded(id: number, at: number): void {
    this.#run("UPDATE review_actions SET reminded = ? WHERE id = ?", at, id);
  }

  /** Further reviews whose day has come, and that nobody was reminded of. */
  dueReviews(app: string, now: number): DueReview[] {
    return this.#all<DueReview>(
      `SELECT incident, incidents.name, next_review AS nextReview FROM reviews JOIN incidents ON incidents.id = incident
       WHERE incidents.app = ? AND next_review <= ? AND reminded IS NULL ORDER BY next_review`,
      app,
      now,
    );
  }

  markReviewReminded(incident: number, at: number): void {
    this.#run("UPDATE reviews SET reminded = ? WHERE incident = ?", at, incident);
  }

  /** The next moment at which somebody is to be reminded for the first time; null when none is to come. */
  nextReminder(app: string): number | null {
    const [row] = this.#all<{ at: number | null }>(
      `SELECT min(at) AS at FROM (
         SELECT review_actions.due AS at FROM review_actions JOIN incidents ON incidents.id = incident
           WHERE incidents.app = ?1 AND done IS NULL AND reminded IS NULL
         UNION ALL SELECT next_review FROM reviews JOIN incidents ON incidents.id = incident
           WHERE incidents.app = ?1 AND next_review IS NOT NULL AND reminded IS NULL)`,
      app,
    );
    return row?.at ?? null;
  }

  #all<T>(sql: string, ...values: Value[]): T[] {
    return prepared(this.#database, sql).all(...values) as T[];
  }

  #run(sql: string, ...values: Value[]) {
    return writing(this.#database, () => prepared(this.#database, sql).run(...values));
  }
}

function mergeAnswers(known: ReviewAnswers, added: ReviewAnswers): ReviewAnswers {
  const merged: Record<string, unknown> = { ...known };
  for (const [field, value] of Object.entries(added)) {
    const before = merged[field];
    merged[field] =
      Array.isArray(value) && Array.isArray(before) ? [...new Set([...before, ...value])] : value;
  }
  return merged;
}
