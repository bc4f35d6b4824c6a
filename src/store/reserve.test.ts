import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeTables, together } from "./open-store.ts";
import { makeReserve } from "./reserve.ts";

let directory: string;
const isRoot = process.getuid?.() === 0;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "holdfast-reserve-"));
  if (isRoot) spawnSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", directory]);
});

afterEach(() => {
  if (isRoot) spawnSync("umount", [directory]);
  rmSync(directory, { recursive: true, force: true });
});

test.skipIf(!isRoot)("on a full disk there is room for what matters, once", () => {
  const database = new DatabaseSync(join(directory, "holdfast.db"));
  database.exec("PRAGMA journal_mode = WAL");
  makeTables(database);
  makeReserve(directory);
  fillUp();
  const add = (): unknown =>
    together(database, () =>
      database
        .prepare("INSERT INTO tell_marks (app, name, value) VALUES ('demo', ?, ?)")
        .run(String(Math.random()), "x".repeat(300_000)),
    );
  expect(add).not.toThrow();
  expect(() => {
    for (let nth = 0; nth < 20; nth++) add();
  }).toThrow(/full/);
  database.close();
});

function fillUp(): void {
  try {
    for (let nth = 0; ; nth++) writeFileSync(join(directory, `filler-${nth}`), Buffer.alloc(64 * 1024));
  } catch {
    // It is full now.
  }
}
