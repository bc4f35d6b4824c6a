import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exportLines } from "./export-lines.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "export-lines-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function* lines(count: number, fail = false): AsyncGenerator<string> {
  for (let number = 1; number <= count; number += 1) yield `line ${number}`;
  if (fail) throw new Error("the journal went away");
}

test("the file holds every line and is for its owner alone", async () => {
  const path = join(directory, "all.log");
  expect(await exportLines(lines(1201), path, { replace: false })).toBe(1201);
  const text = await readFile(path, "utf8");
  expect(text.split("\n")).toHaveLength(1202);
  expect(text.endsWith("line 1201\n")).toBe(true);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("a file that is there is kept, unless it may be replaced", async () => {
  const path = join(directory, "mine.txt");
  await writeFile(path, "mine");
  await expect(exportLines(lines(1), path, { replace: false })).rejects.toMatchObject({ exitCode: 2 });
  expect(await readFile(path, "utf8")).toBe("mine");
  await exportLines(lines(1), path, { replace: true });
  expect(await readFile(path, "utf8")).toBe("line 1\n");
});

test("trouble on the way leaves nothing behind", async () => {
  const path = join(directory, "broken.log");
  await expect(exportLines(lines(3, true), path, { replace: false })).rejects.toThrow("went away");
  expect((await readdir(directory)).filter((name) => name.includes("broken"))).toEqual([]);
  await expect(
    exportLines(lines(1), join(directory, "no/such/file"), { replace: false }),
  ).rejects.toMatchObject({
    diagnostics: [{ code: "logs/not-exported" }],
  });
});
