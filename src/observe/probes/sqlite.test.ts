import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Look } from "../../compile/watch-rule.ts";
import { contextOf, type Given } from "./context-for-tests.ts";
import { probeSqlite } from "./sqlite.ts";

let folder = "";
let path = "";
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), "holdfast-sqlite-"));
  path = join(folder, "trades.db");
});
afterEach(() => fs.rm(folder, { recursive: true }));

const look = (rest: object = {}): Look => ({
  kind: "sqlite",
  path,
  integrity: true,
  atMost: null,
  growth: null,
  ...rest,
});
const ask = (rest: object = {}, given: Given = {}) => probeSqlite(contextOf(look(rest), given));

function makeDatabase(journal: "wal" | "delete"): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA page_size = 4096; PRAGMA journal_mode = ${journal};
    CREATE TABLE trades (id INTEGER PRIMARY KEY, symbol TEXT); CREATE INDEX by_symbol ON trades (symbol)`);
  const insert = database.prepare("INSERT INTO trades (symbol) VALUES (?)");
  for (let i = 0; i < 20; i++) insert.run(`SYMBOL${i}`);
  return database;
}

/** Other content than its table has, in a page that is well formed: only the full check sees it. */
async function damageIndex(): Promise<void> {
  const database = new DatabaseSync(path, { readOnly: true });
  const { rootpage } = database
    .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'by_symbol'")
    .get() as { rootpage: number };
  database.close();
  const bytes = await fs.readFile(path);
  const at = bytes.indexOf("SYMBOL7", (rootpage - 1) * 4096);
  expect(at).toBeLessThan(rootpage * 4096);
  bytes.write("SYMBOLX", at);
  await fs.writeFile(path, bytes);
}

describe("integrity", () => {
  test.each(["wal", "delete"] as const)("of a good database, with journal mode %s", async (journal) => {
    const database = makeDatabase(journal);
    expect(await ask()).toMatchObject({ result: "ok" });
    database.close();
    expect((await ask()).says).toMatch(/^it is whole; it has /);
  });

  test("a damaged index is told from the text of the answer, and what was seen is remembered for a while", async () => {
    makeDatabase("delete").close();
    const good = await ask({}, { now: 1e12 });
    await damageIndex();
    const found = await ask();
    expect(found).toMatchObject({ result: "fail", value: "damaged", limit: "ok" });
    expect(found.says).toMatch(/it is damaged: .*by_symbol/);
    const soon = await ask({}, { now: 1e12 + 1, kept: good.kept });
    expect(soon.result).toBe("ok");
    const later = await ask({}, { now: 1e12 + 60_000, kept: good.kept });
    expect(later.result).toBe("fail");
    // Taken back from a backup, it is good again.
    await fs.rm(path);
    makeDatabase("delete").close();
    expect((await ask({}, { now: 1e12 + 120_000, kept: later.kept })).result).toBe("ok");
  });

  test("what is no database, or not there, fails; what is locked cannot be told", async () => {
    expect(await ask()).toMatchObject({ result: "fail", says: `there is no ${path}` });
    await fs.writeFile(path, "not a database, but long enough to be looked at as one\n".repeat(100));
    expect(await ask()).toMatchObject({ result: "fail", says: "it is damaged: it is not a SQLite database" });
    await fs.rm(path);
    const database = makeDatabase("delete");
    database.exec("BEGIN EXCLUSIVE");
    expect(await ask()).toMatchObject({ result: "unknown" });
    database.close();
  });

  test.runIf(process.getuid!() === 0)(
    "nothing beside the database belongs to anybody but its owner",
    async () => {
      makeDatabase("wal").close();
      await fs.chmod(folder, 0o777);
      const [uid, gid] = [65_534, 65_534];
      await fs.chown(path, uid, gid);
      expect((await ask()).result).toBe("ok");
      for (const name of await fs.readdir(folder)) {
        const found = await fs.stat(join(folder, name));
        expect([name, found.uid, found.gid]).toEqual([name, uid, gid]);
      }
      // Where its owner may not go, it is not looked at as root.
      await fs.chmod(folder, 0o700);
      expect((await ask()).result).toBe("unknown");
    },
  );
});

test("size: with what has not been written back, against its limit", async () => {
  const database = makeDatabase("wal");
  const wal = (await fs.stat(`${path}-wal`)).size;
  expect(wal).toBeGreaterThan(0);
  const size = (await fs.stat(path)).size + wal;
  const only = { integrity: false };
  expect(await ask({ ...only, atMost: { bytes: size } })).toMatchObject({ result: "ok", value: size });
  expect(await ask({ ...only, atMost: { bytes: size - 1 } })).toMatchObject({
    result: "fail",
    limit: size - 1,
  });
  database.close();
});

test("growth: by its trend", async () => {
  await fs.writeFile(path, "");
  const rule = { integrity: false, growth: { bytes: 1024 * 1024, window: 600_000 } };
  let found = await ask(rule, { now: 1e12 });
  for (let i = 1; i <= 20; i++) {
    await fs.truncate(path, i * 100_000);
    found = await ask(rule, { now: 1e12 + i * 30_000, kept: found.kept });
  }
  expect(found.result).toBe("fail");
  expect(found.says).toMatch(/it grows by 1.9M in 10 min/);
});
