import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readInside, resolveInside, writeInside } from "./inside.ts";

let root = "";
beforeEach(() => (root = mkdtempSync(join(tmpdir(), "inside-"))));
afterEach(() => rmSync(root, { recursive: true }));

test("an absolute link stays inside the root", async () => {
  mkdirSync(join(root, "etc"));
  writeFileSync(join(root, "etc/hostname"), "inside\n");
  symlinkSync("/etc", join(root, "link"));
  expect(await resolveInside(root, "/link/hostname")).toBe(join(root, "etc/hostname"));
  expect(await readInside(root, "/link/hostname")).toBe("inside\n");
});

test("dots cannot climb out of the root", async () => {
  expect(await resolveInside(root, "/a/../../../etc/passwd")).toBe(join(root, "etc/passwd"));
});

test("links that go round in circles are refused", async () => {
  symlinkSync("/b", join(root, "a"));
  symlinkSync("/a", join(root, "b"));
  await expect(resolveInside(root, "/a")).rejects.toThrow(/ELOOP/);
});

test("writing makes the directories on the way", async () => {
  await writeInside(root, "/new/deep/file", "text", 0o600);
  expect(await readInside(root, "/new/deep/file")).toBe("text");
  expect(await readInside(root, "/new/other")).toBeNull();
});
