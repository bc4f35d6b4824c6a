import { DatabaseSync } from "node:sqlite";

/** Locks somebody's database as a writer that does not end; close what is returned to let it go. Nothing in it is changed. */
export function holdDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 3000 });
  try {
    database.exec("BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
