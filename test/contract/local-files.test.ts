import { mkdtemp, readFile, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { localFiles } from "../../src/host/local-files.ts";
import { run } from "../../src/host/run.ts";
import { filesContract } from "./files.contract.ts";

let top: string;
beforeAll(async () => void (top = await mkdtemp(join(tmpdir(), "holdfast-files-"))));
afterAll(() => localFiles.removeTree(top));

async function make(): Promise<{ files: typeof localFiles; directory: string }> {
  return { files: localFiles, directory: await mkdtemp(join(top, "case-")) };
}

filesContract("this machine", make);

test("a symbolic link is replaced and not followed", async () => {
  const { files, directory } = await make();
  await files.write(`${directory}/precious`, "kept", { mode: 0o644 });
  await symlink(`${directory}/precious`, `${directory}/link`);
  expect(await files.stat(`${directory}/link`)).toMatchObject({ kind: "link" });
  expect(await files.realPath(`${directory}/link`)).toBe(await files.realPath(`${directory}/precious`));
  expect(await files.readLink(`${directory}/link`)).toBe(`${directory}/precious`);
  expect(await files.readLink(`${directory}/precious`)).toBeNull();
  await files.write(`${directory}/link`, "new", { mode: 0o644 });
  expect(await files.stat(`${directory}/link`)).toMatchObject({ kind: "file" });
  expect(await readFile(`${directory}/precious`, "utf8")).toBe("kept");
});

test("a tree is removed without what its links point to", async () => {
  const { files, directory } = await make();
  await files.write(`${directory}/precious`, "kept", { mode: 0o644 });
  await files.makeDirectory(`${directory}/tree`, 0o755);
  await symlink(directory, `${directory}/tree/up`);
  await files.removeTree(`${directory}/tree`);
  expect(await files.list(directory)).toEqual(["precious"]);
});

test("a FIFO in the place of a file does not hang the reader", async () => {
  const { files, directory } = await make();
  await run(["mkfifo", `${directory}/fifo`]);
  expect(await files.stat(`${directory}/fifo`)).toMatchObject({ kind: "other" });
  expect(await files.read(`${directory}/fifo`)).toBe("");
});

test.skipIf(process.getuid?.() !== 0)("the owner is set where it is asked for", async () => {
  const { files, directory } = await make();
  await files.write(`${directory}/a`, "x", { mode: 0o640, uid: 65534, gid: 65534 });
  expect(await files.stat(`${directory}/a`)).toMatchObject({ uid: 65534, gid: 65534, mode: 0o640 });
  await files.write(`${directory}/b`, "x", { mode: 0o640, gid: 65534 });
  expect(await files.stat(`${directory}/b`)).toMatchObject({ uid: 0, gid: 65534 });
});
