import type { DatabaseSync } from "node:sqlite";
import type { Alert, Incident, IncidentEvent, IncidentEventKind } from "../tell/incident.ts";
import { prepared, writing } from "./open-store.ts";

type Row = Record<string, string | number | null>;
type Value = string | number | null;

/** What of an incident may change after it was opened. */
export type IncidentPatch = Partial<
  Omit<Incident, "id" | "name" | "dedupKey" | "app" | "opened" | "version">
>;

const incidentColumns = {
  name: "name",
  dedupKey: "dedup_key",
  app: "app",
  service: "service",
  severity: "severity",
  title: "title",
  opened: "opened",
  openedBy: "opened_by",
  state: "state",
  flapping: "flapping",
  ackedAt: "acked_at",
  ackedBy: "acked_by",
  ackUntil: "ack_until",
  resolved: "resolved",
  resolvedBy: "resolved_by",
  outcome: "outcome",
  policy: "policy",
  step: "step",
  toldAt: "told_at",
  repeats: "repeats",
  due: "due",
  dueWhy: "due_why",
  exhausted: "exhausted",
  respondBy: "respond_by",
  late: "late",
  resolveBy: "resolve_by",
  remindAt: "remind_at",
  calmAt: "calm_at",
  evidence: "evidence",
  reviewed: "reviewed",
} as const satisfies Record<Exclude<keyof Incident, "id" | "version">, string>;

const alertColumns =
  "id, key, app, service, severity, says, opened, cleared, incident, held_until AS heldUntil, held_why AS heldWhy";

/** Alerts, the incidents that gather them, and what happened in each. */
export class Incidents {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  openAlert(key: string): Alert | null {
    return this.#alerts("WHERE key = ? AND cleared IS NULL", key)[0] ?? null;
  }

  /** How often a key was opened since a moment. */
  openings(key: string, since: number): number {
    const row = this.#get("SELECT count(*) AS n FROM alerts WHERE key = ? AND opened >= ?", key, since);
    return Number(row!["n"]);
  }

  addAlert(alert: Omit<Alert, "id">): number {
    return this.#run(
      `INSERT INTO alerts (key, app, service, severity, says, opened, cleared, incident, held_until, held_why)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      alert.key,
      alert.app,
      alert.service,
      alert.severity,
      alert.says,
      alert.opened,
      alert.cleared,
      alert.incident,
      alert.heldUntil,
      alert.heldWhy,
    ).id;
  }

  changeAlert(id: number, { severity, says }: Pick<Alert, "severity" | "says">): void {
    this.#run("UPDATE alerts SET severity = ?, says = ? WHERE id = ?", severity, says, id);
  }

  /** From now on it is part of an incident, and no window holds it back. */
  joinAlert(id: number, incident: number): void {
    this.#run("UPDATE alerts SET incident = ?, held_until = NULL WHERE id = ?", incident, id);
  }

  holdAlert(id: number, until: number, why: string): void {
    this.#run("UPDATE alerts SET held_until = ?, held_why = ? WHERE id = ?", until, why, id);
  }

  clearAlert(id: number, at: number): void {
    this.#run("UPDATE alerts SET cleared = ? WHERE id = ?", at, id);
  }

  alertsOf(incident: number): Alert[] {
    return this.#alerts("WHERE incident = ? ORDER BY id", incident);
  }

  openAlertsOf(app: string): Alert[] {
    return this.#alerts("WHERE app = ? AND cleared IS NULL ORDER BY id", app);
  }

  /** Open ones that a window holds back, or held back. */
  heldAlerts(app: string): Alert[] {
    return this.#alerts("WHERE app = ? AND cleared IS NULL AND incident IS NULL ORDER BY id", app);
  }

  /** The latest incident that a key belonged to. */
  lastIncidentOf(key: string): Incident | null {
    return this.#one(
      "WHERE id = (SELECT incident FROM alerts WHERE key = ? AND incident IS NOT NULL ORDER BY id DESC LIMIT 1)",
      key,
    );
  }

  /** Makes it unique: two within a second are told apart. */
  add(incident: Omit<Incident, "id" | "version">): Incident {
    let { name } = incident;
    for (let nth = 2; this.#get("SELECT 1 FROM incidents WHERE name = ?", name); nth++)
      name = `${incident.name}-${nth}`;
    const entries = Object.entries(incidentColumns) as [keyof typeof incidentColumns, string][];
    const values = entries.map(([field]) => toValue(field === "name" ? name : incident[field]));
    const { id } = this.#run(
      `INSERT INTO incidents (${entries.map(([, column]) => column).join(", ")}) VALUES (${entries.map(() => "?").join(", ")})`,
      ...values,
    );
    return this.get(id)!;
  }

  change(id: number, patch: IncidentPatch): Incident {
    const entries = Object.entries(patch) as [keyof IncidentPatch & keyof typeof incidentColumns, unknown][];
    const sets = entries.map(([field]) => `${incidentColumns[field]} = ?`);
    this.#run(
      `UPDATE incidents SET ${[...sets, "version = version + 1"].join(", ")} WHERE id = ?`,
      ...entries.map(([, value]) => toValue(value)),
      id,
    );
    return this.get(id)!;
  }

  get(id: number): Incident | null {
    return this.#one("WHERE id = ?", id);
  }

  named(name: string): Incident | null {
    return this.#one("WHERE name = ?", name);
  }

  /** Unresolved ones, oldest first. */
  unresolved(app: string): Incident[] {
    return this.#incidents("WHERE app = ? AND state <> 'resolved' ORDER BY id", app);
  }

  /** The one that further trouble of a service joins. */
  unresolvedOf(app: string, service: string | null): Incident | null {
    return this.#one(
      "WHERE app = ? AND service IS ? AND state <> 'resolved' ORDER BY id LIMIT 1",
      app,
      service,
    );
  }

  /** Newest first. */
  list(
    app: string | null,
    options: { unresolved?: boolean; limit?: number; since?: number } = {},
  ): Incident[] {
    return this.#incidents(
      `WHERE (?1 IS NULL OR app = ?1) AND (?2 = 0 OR state <> 'resolved') AND opened >= ?3 ORDER BY id DESC LIMIT ?4`,
      app,
      options.unresolved ? 1 : 0,
      options.since ?? 0,
      options.limit ?? 50,
    );
  }

  addEvent(incident: number, at: number, kind: IncidentEventKind, who: string, says: string): void {
    this.#run(
      "INSERT INTO incident_events (incident, at, kind, who, says) VALUES (?, ?, ?, ?, ?)",
      incident,
      at,
      kind,
      who,
      says,
    );
  }

  /** Oldest first; at most so many, the newest. */
  timeline(incident: number, limit = 1000): IncidentEvent[] {
    const rows = this.#all(
      "SELECT id, incident, at, kind, who, says FROM incident_events WHERE incident = ? ORDER BY id DESC LIMIT ?",
      incident,
      limit,
    );
    return (rows as unknown as IncidentEvent[]).toReversed();
  }

  /** Earlier ones of the same trouble, newest first. */
  similar(incident: Incident, limit = 5): Incident[] {
    return this.#incidents(
      `WHERE id <> ?1 AND id IN (SELECT incident FROM alerts WHERE key IN (SELECT key FROM alerts WHERE incident = ?1))
       ORDER BY id DESC LIMIT ?2`,
      incident.id,
      limit,
    );
  }

  #incidents(where: string, ...values: Value[]): Incident[] {
    return this.#all(`SELECT * FROM incidents ${where}`, ...values).map(incidentOf);
  }

  #one(where: string, ...values: Value[]): Incident | null {
    return this.#incidents(where, ...values)[0] ?? null;
  }

  #alerts(where: string, ...values: Value[]): Alert[] {
    return this.#all(`SELECT ${alertColumns} FROM alerts ${where}`, ...values) as unknown as Alert[];
  }

  #get(sql: string, ...values: Value[]): Row | undefined {
    return prepared(this.#database, sql).get(...values) as Row | undefined;
  }

  #all(sql: string, ...values: Value[]): Row[] {
    return prepared(this.#database, sql).all(...values) as Row[];
  }

  #run(sql: string, ...values: Value[]): { id: number } {
    const result = writing(this.#database, () => prepared(this.#database, sql).run(...values));
    return { id: Number(result.lastInsertRowid) };
  }
}

function toValue(value: unknown): Value {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value !== null && typeof value === "object") return JSON.stringify(value);
  return (value ?? null) as Value;
}

const flags: ReadonlySet<string> = new Set(["flapping", "exhausted", "late"] satisfies (keyof Incident)[]);

function incidentOf(row: Row): Incident {
  const fields = Object.entries(incidentColumns).map(([field, column]) => {
    const value = row[column] ?? null;
    if (field === "policy") return [field, JSON.parse(String(value))];
    return [field, flags.has(field) ? value === 1 : value];
  });
  return {
    ...(Object.fromEntries(fields) as Omit<Incident, "id" | "version">),
    id: Number(row["id"]),
    version: Number(row["version"]),
  };
}
