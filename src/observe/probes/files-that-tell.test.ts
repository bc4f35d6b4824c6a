import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Look } from "../../compile/watch-rule.ts";
import type { Kept } from "../../heal/reading.ts";
import { probeBeat } from "./beat.ts";
import { contextOf, type Given } from "./context-for-tests.ts";
import { probeFile } from "./file.ts";
import { probeUnit } from "./unit.ts";

let folder = "";
let path = "";
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), "holdfast-files-"));
  path = join(folder, "bot.log");
});
afterEach(() => fs.rm(folder, { recursive: true }));

const touch = async (seconds: number): Promise<void> => {
  await fs.appendFile(path, "");
  await fs.utimes(path, seconds, seconds);
};
const fileLook = (limits: object): Look => ({
  kind: "file",
  path,
  match: null,
  fresh: null,
  atLeast: null,
  atMost: null,
  ...limits,
});

describe("a heartbeat", () => {
  const look = (): Look => ({ kind: "beat", path, within: 30_000 });
  const at = (now: number, given: Given = {}) => probeBeat(contextOf(look(), { now, ...given }));

  test("is due to the millisecond, from the start on when there is none yet", async () => {
    const unit = { activeSince: 1_000_000 };
    expect(await at(1_029_999, { unit })).toMatchObject({ result: "ok", dueAt: 1_030_000, limit: 30 });
    expect(await at(1_030_000, { unit })).toMatchObject({
      result: "fail",
      value: 30,
      says: "no heartbeat since its start 30 s ago, over 30 s",
    });
    await touch(1025);
    expect(await at(1_030_000, { unit })).toMatchObject({ result: "ok", value: 5, dueAt: 1_055_000 });
    expect(await at(1_055_000, { unit })).toMatchObject({
      result: "fail",
      says: "its last heartbeat was 30 s ago, over 30 s",
    });
  });

  test("of the run before is nothing to this run, and one of the time to come counts from now", async () => {
    await touch(1000);
    expect(await at(1_031_000, { unit: { activeSince: 1_020_000 } })).toMatchObject({ dueAt: 1_050_000 });
    await touch(9000);
    expect(await at(1_040_000)).toMatchObject({ result: "ok", value: 0, dueAt: 1_070_000 });
  });

  test("of a user's service is below his run-time directory", async () => {
    await touch(1000);
    const before = process.env["XDG_RUNTIME_DIR"];
    try {
      process.env["XDG_RUNTIME_DIR"] = folder;
      const look: Look = { kind: "beat", path: "%t/bot.log", within: 30_000 };
      const found = await probeBeat(contextOf(look, { now: 1_010_000 }));
      expect(found).toMatchObject({ result: "ok", value: 10 });
      delete process.env["XDG_RUNTIME_DIR"];
      expect((await probeBeat(contextOf(look, { now: 1_010_000 }))).result).toBe("unknown");
    } finally {
      if (before !== undefined) process.env["XDG_RUNTIME_DIR"] = before;
    }
  });

  test("is not asked of what does not run", async () => {
    expect(await at(0, { unit: { active: "inactive" } })).toMatchObject({
      result: "skipped",
      says: "it does not run",
    });
    expect(await at(0, { unit: { active: "unknown" } })).toMatchObject({ result: "unknown" });
  });
});

describe("a file", () => {
  const at = (now: number, limits: object, given: Given = {}) =>
    probeFile(contextOf(fileLook(limits), { now, ...given }));

  test("fails at its age, and when it is not there", async () => {
    expect(await at(0, { fresh: 300_000 })).toMatchObject({ result: "fail", says: `there is no ${path}` });
    await touch(1000);
    expect(await at(1_299_000, { fresh: 300_000 })).toMatchObject({ result: "ok", dueAt: 1_300_000 });
    expect(await at(1_300_000, { fresh: 300_000 })).toMatchObject({ result: "fail", value: 300, limit: 300 });
  });

  test("a link to the file of the day is followed; what is no file is not read", async () => {
    await touch(1000);
    await fs.symlink(path, join(folder, "current"));
    const link: Look = { ...fileLook({ fresh: 60_000 }), path: join(folder, "current") } as Look;
    expect((await probeFile(contextOf(link, { now: 1_060_000 }))).result).toBe("fail");
    const directory = { ...fileLook({ match: "x", fresh: 60_000 }), path: folder } as Look;
    const kept = { inode: 1, offset: 0 };
    expect(await probeFile(contextOf(directory, { kept }))).toMatchObject({ result: "unknown" });
  });

  test("a stale file with old matches fails at the first look; a fresh match passes", async () => {
    const limits = { match: "VIX|Position", fresh: 300_000 };
    await fs.writeFile(path, "VIX 17\n".repeat(100));
    await touch(1000);
    const first = await at(1_400_000, limits);
    expect(first).toMatchObject({ result: "fail" });
    await fs.appendFile(path, "Position opened\n");
    await touch(1410);
    const second = await at(1_420_000, limits, { kept: first.kept });
    expect(second).toMatchObject({ result: "ok", value: 10, dueAt: 1_710_000 });
  });

  test("at the first look the last line tells, others do not", async () => {
    const limits = { match: "Position", fresh: 60_000 };
    await fs.writeFile(path, "idle\nPosition held\n");
    await touch(1000);
    expect(await at(1_010_000, limits)).toMatchObject({ result: "ok", value: 10, dueAt: 1_060_000 });
    await fs.appendFile(path, "idle\n");
    await touch(1000);
    expect(await at(1_010_000, limits)).toMatchObject({ result: "unknown", dueAt: 1_060_000 });
  });

  test("lines that do not match are no activity, however fresh the file", async () => {
    const limits = { match: "Position", fresh: 60_000 };
    await touch(1000);
    let kept: Kept | undefined = (await at(1_000_000, limits)).kept;
    for (let second = 1010; second <= 1060; second += 10) {
      await fs.appendFile(path, "still here\n");
      await touch(second);
      const found = await at(second * 1000, limits, { kept });
      kept = found.kept;
      expect(found.result).toBe(second < 1060 ? "unknown" : "fail");
    }
  });

  test("counts new lines in a window, through rotation, truncation and half-written lines", async () => {
    const limits = { match: "error", atMost: { count: 3, window: 60_000 } };
    const unit = { activeSince: 990_000 };
    await fs.writeFile(path, "error\nerror\nerror\nidle\n");
    await touch(1000);
    let found = await at(1_000_000, limits, { unit });
    const step = async (seconds: number) => {
      await touch(seconds);
      return (found = await at(seconds * 1000, limits, { unit, kept: found.kept }));
    };
    await fs.appendFile(path, "error\ner");
    expect(await step(1010)).toMatchObject({ value: 1 });
    await fs.appendFile(path, "ror\n");
    expect(await step(1020)).toMatchObject({ value: 2 });
    await fs.rename(path, `${path}.1`);
    await fs.writeFile(path, "error\n");
    expect(await step(1030)).toMatchObject({ value: 3 });
    await fs.writeFile(path, "");
    expect(await step(1031)).toMatchObject({ value: 3 });
    await fs.appendFile(path, "error\n");
    expect(await step(1040)).toMatchObject({ result: "fail", value: 4, limit: 3, dueAt: 1_070_000 });
    expect(await step(1070)).toMatchObject({ value: 3 });
  });

  test("of a gigabyte that has been written since, the newest mebibyte is read", async () => {
    const limits = { match: "Position", fresh: 60_000 };
    await touch(1000);
    const first = await at(1_000_000, limits);
    await fs.truncate(path, 2 ** 30);
    await fs.appendFile(path, "\nPosition\n");
    await touch(1010);
    const found = await at(1_010_000, limits, { kept: first.kept });
    expect(found).toMatchObject({ result: "ok", value: 0 });
    expect(found.says).toContain("too many to be read");
    expect(found.took).toBeLessThan(500);
  });

  test("what was kept of a day of looks stays small", async () => {
    const limits = { match: "x", atLeast: { count: 1, window: 86_400_000 } };
    await touch(1000);
    let kept: Kept | undefined = (await at(1_000_000, limits)).kept;
    for (let second = 1015; second < 1015 + 15 * 400; second += 15) {
      await fs.appendFile(path, "x\n");
      await touch(second);
      kept = (await at(second * 1000, limits, { kept })).kept;
    }
    expect(JSON.stringify(kept).length).toBeLessThan(2500);
  });
});

describe("the unit", () => {
  test.each([
    ["active", "running", "ok"],
    ["activating", "start", "ok"],
    ["activating", "auto-restart", "fail"],
    ["inactive", "dead", "fail"],
    ["failed", "failed", "fail"],
    ["unknown", "", "unknown"],
  ] as const)("%s/%s is %s", async (active, sub, result) => {
    const found = await probeUnit(
      contextOf({ kind: "unit" }, { unit: { active, sub, ended: "exit code 3" } }),
    );
    expect(found).toMatchObject({ result, value: `${active}/${sub}` });
    if (result === "fail") expect(found.says).toContain("exit code 3");
  });
});
