import type { World } from "./story.ts";

type Row = Record<string, string | number | null>;

const program = `
const { DatabaseSync } = require("node:sqlite");
const [sql, ...values] = process.argv.slice(1);
const database = new DatabaseSync("/var/lib/holdfast/holdfast.db", { readOnly: true });
console.log(JSON.stringify(database.prepare(sql).all(...values)));
`;

/** Rows of the record of a host, read inside by the Node that runs the stories. */
export async function readRecord(run: World["run"], sql: string, ...values: string[]): Promise<Row[]> {
  return (await run([process.execPath, "-e", program, sql, ...values]).succeeds()).json();
}

/** What people did to a unit, oldest first. */
export async function auditTrail(run: World["run"], unit: string): Promise<Row[]> {
  return readRecord(run, "SELECT who, action, why, result FROM audit WHERE unit = ? ORDER BY id", unit);
}
