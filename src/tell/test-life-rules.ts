import type { OutboxRow } from "./incident.ts";
import { isWorse } from "../value/severity.ts";
import { silenceOf } from "./take-step.ts";
import type { TestTelling } from "./test-telling.ts";

/** What was seen so far: a row is judged when it appears. */
export type LifeWatch = { lastRow: number; claimed: Set<number>; wrong: string[] };

export function newWatch(): LifeWatch {
  return { lastRow: 0, claimed: new Set(), wrong: [] };
}

const app = "polybot";

/** Rules that hold at every moment. */
export function checkNow(telling: TestTelling, watch: LifeWatch): string[] {
  const wrong: string[] = [];
  const { store, database } = telling;
  const twice = database
    .prepare("SELECT key FROM alerts WHERE cleared IS NULL GROUP BY key HAVING count(*) > 1")
    .all();
  for (const row of twice) wrong.push(`two open alerts of ${String(row["key"])}`);
  const split = database
    .prepare(
      `SELECT key FROM alerts JOIN incidents ON incidents.id = alerts.incident
       WHERE incidents.state <> 'resolved' GROUP BY key HAVING count(DISTINCT incidents.id) > 1`,
    )
    .all();
  for (const row of split) wrong.push(`two unresolved incidents of ${String(row["key"])}`);
  for (const incident of store.incidents.unresolved(app)) {
    const open = store.incidents.alertsOf(incident.id).some(({ cleared }) => cleared === null);
    if (!open && !(incident.flapping && incident.calmAt !== null))
      wrong.push(`${incident.name} has no open alert, and is not resolved`);
  }
  for (const alert of store.incidents.openAlertsOf(app)) {
    const incident = alert.incident === null ? null : store.incidents.get(alert.incident);
    if (incident !== null && isWorse(alert.severity, incident.severity))
      wrong.push(`${alert.key} is ${alert.severity}, and ${incident.name} is ${incident.severity}`);
    if (incident?.state === "resolved") wrong.push(`${alert.key} is open, and its incident is resolved`);
  }
  const rows = allRows(telling);
  for (const row of rows) {
    if (row.attempts > 0) watch.claimed.add(row.id);
    if (row.id > watch.lastRow) wrong.push(...checkNew(telling, rows, row, watch));
  }
  watch.lastRow = Math.max(watch.lastRow, ...rows.map(({ id }) => id));
  wrong.push(...checkOrder(rows));
  return wrong;
}

function allRows({ store }: TestTelling): OutboxRow[] {
  return store.outbox.list(app, { limit: 5000 }).toReversed();
}

/** A row that has just been put in. */
function checkNew(
  telling: TestTelling,
  rows: readonly OutboxRow[],
  row: OutboxRow,
  { claimed }: LifeWatch,
): string[] {
  if (row.incident === null) return [];
  const wrong: string[] = [];
  const earlier = rows.filter(
    ({ id, incident, target }) => id < row.id && incident === row.incident && target === row.target,
  );
  const which = `row ${row.id} (${row.kind} to ${row.target})`;
  const isEnd = row.kind === "resolve" || row.kind === "recovered";
  if (isEnd && earlier.length === 0) wrong.push(`${which} is an end without a beginning`);
  if (row.kind === "resolve" && !earlier.some(({ id }) => claimed.has(id)))
    wrong.push(`${which} ends what was never tried`);
  const again = earlier.some(
    ({ status, kind }) => kind === "open" && (status === "pending" || status === "sent"),
  );
  if (row.kind === "open" && again) wrong.push(`${which} begins what has begun`);
  const isFallback = row.lines.some((line) => line.startsWith("instead of "));
  const isNews = row.kind === "open" || row.kind === "update" || row.kind === "reminder";
  const silence = silenceOf({ ...telling, now: row.created }, app, row.service);
  if (isNews && !isFallback && silence !== null) wrong.push(`${which} is told in a ${silence.kind}`);
  if (
    isNews &&
    telling.store.incidents.get(row.incident)!.state === "acknowledged" &&
    row.severity !== "critical" &&
    telling.file.policies.error.resolve === null &&
    !isFallback
  )
    wrong.push(`${which} is told though somebody is at it`);
  return wrong;
}

/** Of an incident, a target hears in the order of what happened. */
function checkOrder(rows: readonly OutboxRow[]): string[] {
  const wrong: string[] = [];
  const last = new Map<string, OutboxRow>();
  for (const row of rows) {
    if (row.incident === null) continue;
    const key = `${row.incident} ${row.target}`;
    const before = last.get(key);
    if (before !== undefined && row.sequence !== before.sequence + 1)
      wrong.push(`row ${row.id} has number ${row.sequence} after ${before.sequence}`);
    if (row.status === "sent" && before?.status === "pending")
      wrong.push(`row ${row.id} was sent before row ${before.id}`);
    if (row.status === "sent" && before?.sent != null && before.sent > row.sent!)
      wrong.push(`row ${row.id} was sent earlier than row ${before.id}`);
    last.set(key, row);
  }
  return wrong;
}

/** Rules for when nothing is silenced any more, and for when everything is over. */
export function checkEnd(telling: TestTelling, when: "unsilenced" | "over"): string[] {
  const { store } = telling;
  const unresolved = store.incidents.unresolved(app);
  if (when === "over") {
    const open = unresolved.map(({ name, title }) => `${name} (${title}) is not over`);
    const pending = allRows(telling).filter(({ status }) => status === "pending");
    return [
      ...open,
      ...pending.map(({ id, kind }) => `row ${id} (${kind}) was never sent`),
      ...checkCount(telling),
    ];
  }
  const lost: string[] = [];
  for (const alert of store.incidents.heldAlerts(app)) lost.push(`${alert.key} is still held`);
  for (const incident of unresolved) {
    if (incident.policy.steps.length === 0 || incident.state !== "open") continue;
    if (incident.toldAt === null && incident.due === null) lost.push(`${incident.name} is told to nobody`);
    const open = store.incidents.alertsOf(incident.id).some(({ cleared }) => cleared === null);
    const rows = store.outbox.ofIncident(incident.id);
    const itself = incident.title.includes("notification-channel-broken");
    if (open && !itself && !rows.some(({ severity }) => severity === incident.severity))
      lost.push(`${incident.name} is ${incident.severity}, and nobody was told so`);
  }
  return lost;
}

/** Messages cost people attention: each comes from something that happened or from a step that was due. */
function checkCount(telling: TestTelling): string[] {
  const { database, file } = telling;
  const count = (sql: string) => Number(database.prepare(sql).get()!["n"]);
  const rows = count("SELECT count(*) AS n FROM outbox WHERE incident IS NOT NULL AND kind <> 'reminder'");
  const happened = count(
    "SELECT count(*) AS n FROM incident_events WHERE kind IN ('told', 'escalated', 'acknowledged', 'resolved', 'delivery')",
  );
  const most = happened * file.targets.length;
  return rows > most ? [`${rows} messages for ${happened} things that happened`] : [];
}
