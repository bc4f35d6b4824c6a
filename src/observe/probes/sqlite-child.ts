import { DatabaseSync } from "node:sqlite";

/**
 * Checks one SQLite database and prints the answer as JSON. A process of its own, because a check blocks whoever makes it
 * and may have to be killed, and because it gives up root: SQLite makes files beside a database (-wal, -shm), which in
 * the hands of another user would keep its program from opening it.
 * Arguments: the path, uid and gid to become, "quick_check" or "integrity_check".
 */
export type SqliteAnswer = {
  /** unknown: it could not be told, as when the database is locked. */
  result: "ok" | "damaged" | "unknown";
  says: string;
  /** Of the check alone, in milliseconds. */
  took: number;
};

const [path = "", uid = "", gid = "", check = ""] = process.argv.slice(2);
become(Number(uid), Number(gid));
process.stdout.write(`${JSON.stringify(answer())}\n`);

function become(uid: number, gid: number): void {
  if (process.getuid!() !== 0 || uid === 0) return;
  try {
    (process as unknown as { initgroups(user: number, group: number): void }).initgroups(uid, gid);
  } catch {
    // The account is gone, or was one of systemd's dynamic ones.
    process.setgroups!([gid]);
  }
  process.setgid!(gid);
  process.setuid!(uid);
}

function answer(): SqliteAnswer {
  const began = performance.now();
  const took = (): number => Math.round(performance.now() - began);
  try {
    const database = new DatabaseSync(path, { readOnly: true, timeout: 1000 });
    // The text is the answer: whether the statement succeeded says nothing about the database.
    const rows = database.prepare(`PRAGMA ${check}(3)`).all();
    const lines = rows.flatMap((row) => Object.values(row)).map(String);
    if (lines.length === 1 && lines[0] === "ok") return { result: "ok", says: "ok", took: took() };
    return { result: "damaged", says: lines.join("; "), took: took() };
  } catch (error) {
    return { ...explain(error as Error & { errcode?: number }), took: took() };
  }
}

/** Result codes of sqlite.org/rescode.html; the lowest byte is the primary one. */
function explain({ errcode = 0, message }: Error & { errcode?: number }): Omit<SqliteAnswer, "took"> {
  switch (errcode & 0xff) {
    case 11:
      return { result: "damaged", says: message };
    case 26:
      return { result: "damaged", says: "it is not a SQLite database" };
    case 5:
    case 6:
      return { result: "unknown", says: "it is locked by its program, so it could not be checked" };
    default:
      return { result: "unknown", says: `it could not be checked: ${message}` };
  }
}
