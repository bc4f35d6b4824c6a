import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { JobRule } from "../plan/job-rule.ts";
import { runsSchema } from "../store/run-tables.ts";
import { Runs } from "../store/runs.ts";
import type { Decision } from "./decide.ts";
import { passGate } from "./pass-gate.ts";

const rule: JobRule = {
  app: "aurora",
  job: "trading",
  slots: ["*-*-* 08:00:00 America/Chicago"],
  zone: "America/Chicago",
  calendar: null,
  needs: [],
  late: { kind: "refuse", after: 900_000 },
  timeout: 900_000,
  expect: null,
  critical: true,
  unsure: "refuse",
};
const atSlot = Date.parse("2026-11-23T14:00:01Z");

let directory: string;
let runs: Runs;
const open: DatabaseSync[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "holdfast-gate-"));
  runs = connect();
});
afterEach(() => {
  for (const database of open.splice(0)) database.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Another connection to the same file, as another process has it. */
function connect(): Runs {
  const database = new DatabaseSync(join(directory, "holdfast.db"));
  open.push(database);
  database.exec("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL;");
  database.exec(runsSchema);
  return new Runs(database);
}

type By = { invocation?: string; boot?: string; on?: Runs; rule?: JobRule };

function elapse(now: number, { invocation = "one", boot = "first", on = runs, ...more }: By = {}): Decision {
  return passGate(more.rule ?? rule, { now, timerElapsed: now, invocation, boot }, on);
}

function startByHand(now: number, { invocation = "hand", boot = "first" }: By = {}): Decision {
  return passGate(rule, { now, timerElapsed: null, invocation, boot }, runs);
}

function succeed(invocation: string, at: number): void {
  const end = { result: "succeeded", reason: "exit code 0", exitCode: "exited", exitStatus: "0" } as const;
  expect(runs.end("aurora", "trading", invocation, { ...end, at: new Date(at).toISOString() })).toBe(true);
}

/** Oldest first, each with what started it. */
function record(): string[] {
  return runs
    .latest("aurora", "trading", 20)
    .toReversed()
    .map((run) => `${run.trigger} ${run.slot ?? run.tradingDay} ${run.result}`);
}

const slot = "2026-11-23T14:00:00.000Z";

test("a start is recorded with its slot, and its end with the same run", () => {
  expect(elapse(atSlot).run).toBe(true);
  succeed("one", atSlot + 60_000);
  expect(runs.latest("aurora", "trading", 1)).toMatchObject([
    {
      slot,
      tradingDay: "2026-11-23",
      trigger: "timer",
      result: "succeeded",
      started: "2026-11-23T14:00:01.000Z",
      ended: "2026-11-23T14:01:01.000Z",
      invocation: "one",
      boot: "first",
    },
  ]);
});

test("of two starts at once only one runs", () => {
  expect(elapse(atSlot, { invocation: "one" }).run).toBe(true);
  expect(elapse(atSlot + 1, { invocation: "two", on: connect() }).run).toBe(false);
  expect(record()).toEqual([`timer ${slot} running`, `timer ${slot} still-running`]);
});

test("of ten processes that start it at once only one runs", async () => {
  const source = `
    const { DatabaseSync } = await import("node:sqlite");
    const { Runs } = await import(${JSON.stringify(join(import.meta.dirname, "../store/runs.ts"))});
    const { passGate } = await import(${JSON.stringify(join(import.meta.dirname, "pass-gate.ts"))});
    const database = new DatabaseSync(${JSON.stringify(join(directory, "holdfast.db"))});
    database.exec("PRAGMA busy_timeout = 60000");
    process.stdout.write("ready");
    await new Promise((resolve) => process.stdin.once("data", resolve));
    const start = { now: ${atSlot}, timerElapsed: ${atSlot}, invocation: String(process.pid), boot: "first" };
    const decision = passGate(${JSON.stringify(rule)}, start, new Runs(database));
    process.stdout.write(decision.run ? " runs" : " " + decision.result);
    process.exit();`;
  const started = Array.from({ length: 10 }, () =>
    spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: ["pipe", "pipe", "inherit"] }),
  );
  const said = await Promise.all(
    started.map(async (child) => {
      let text = "";
      child.stdout.setEncoding("utf8").on("data", (more: string) => (text += more));
      await once(child.stdout, "data");
      return { child, all: once(child, "close").then(() => text) };
    }),
  );
  for (const { child } of said) child.stdin.write("go");
  const verdicts = (await Promise.all(said.map(({ all }) => all))).toSorted();
  expect(verdicts).toEqual(["ready runs", ...Array.from({ length: 9 }, () => "ready still-running")]);
  expect(record()).toHaveLength(10);
});

test("even a gate that decided wrongly cannot write a second running row", () => {
  elapse(atSlot);
  const second = { ...runs.latest("aurora", "trading", 1)[0]!, invocation: "two" };
  expect(() => runs.add(second)).toThrow(/UNIQUE/);
});

test("a run of an earlier boot is lost, and its slot may be run again within its grace", () => {
  elapse(atSlot);
  expect(elapse(atSlot + 120_000, { invocation: "two", boot: "second" }).run).toBe(true);
  expect(record()).toEqual([`timer ${slot} lost`, `catch-up ${slot} running`]);
  expect(runs.latest("aurora", "trading", 2)[1]).toMatchObject({
    reason: "the host went down before it ended",
    ended: "2026-11-23T14:02:01.000Z",
  });
});

test("a run of this boot is not lost, however long it takes", () => {
  elapse(atSlot);
  expect(elapse(atSlot + 86_400_000, { invocation: "two" })).toMatchObject({
    run: false,
    result: "still-running",
  });
});

test("yesterday's success does not count, and today's does", () => {
  const preflight: JobRule = { ...rule, job: "preflight", slots: ["*-*-* 07:30:00 America/Chicago"] };
  const needing = { ...rule, needs: ["preflight"] };
  const day = 86_400_000;
  const runPreflight = (now: number): void => {
    passGate(preflight, { now, timerElapsed: now, invocation: `p${now}`, boot: "first" }, runs);
    const end = { result: "succeeded", reason: "", exitCode: "exited", exitStatus: "0" } as const;
    runs.end("aurora", "preflight", `p${now}`, { ...end, at: new Date(now).toISOString() });
  };
  runPreflight(atSlot - 1_800_000 - day);
  expect(elapse(atSlot, { rule: needing })).toMatchObject({
    run: false,
    result: "blocked",
    reason: "preflight has not run for 2026-11-23",
  });
  runPreflight(atSlot - 1_800_000);
  expect(elapse(atSlot, { rule: needing }).run).toBe(true);
});

test("a start after the slot has succeeded is harmless, and is recorded", () => {
  elapse(atSlot);
  succeed("one", atSlot + 1000);
  expect(elapse(atSlot + 2000, { invocation: "two" })).toMatchObject({ run: false, result: "already-done" });
  expect(startByHand(atSlot + 3000)).toMatchObject({ run: false, result: "already-done" });
  expect(record()).toEqual([
    `timer ${slot} succeeded`,
    `timer ${slot} already-done`,
    `manual ${slot} already-done`,
  ]);
});

test("a run by hand before the only slot of the day is the run of that slot", () => {
  const early = atSlot - 900_000;
  expect(startByHand(early).run).toBe(true);
  succeed("hand", early + 1000);
  expect(elapse(atSlot)).toMatchObject({ run: false, result: "already-done" });
  expect(record()).toEqual([`manual ${slot} succeeded`, `timer ${slot} already-done`]);
});

test("a run by hand before the first of several slots of the day leaves them to come", () => {
  const hourly = { ...rule, slots: ["*-*-* 08..10:00:00 America/Chicago"] };
  const early = atSlot - 900_000;
  passGate(hourly, { now: early, timerElapsed: null, invocation: "hand", boot: "first" }, runs);
  succeed("hand", early + 1000);
  expect(elapse(atSlot, { rule: hourly }).run).toBe(true);
});

test("a start by hand after a timer's is one by hand, though systemd names the timer again", () => {
  elapse(atSlot);
  const end = { result: "failed", reason: "exit code 1", exitCode: "exited", exitStatus: "1" } as const;
  runs.end("aurora", "trading", "one", { ...end, at: new Date(atSlot).toISOString() });
  const [now, invocation] = [atSlot + 3_600_000, "hand"];
  const again = passGate(rule, { now, timerElapsed: atSlot, invocation, boot: "first" }, runs);
  expect(again).toEqual({ run: true, reason: "started by hand" });
  expect(record()).toEqual([`timer ${slot} failed`, `manual ${slot} running`]);
});

test("a clock that jumps back does not run a done slot twice", () => {
  elapse(atSlot);
  succeed("one", atSlot + 60_000);
  expect(elapse(atSlot + 500, { invocation: "two" })).toMatchObject({ run: false, result: "already-done" });
});

test("a clock that jumps back a day does not run a done slot twice either", () => {
  const day = 86_400_000;
  elapse(atSlot - day, { invocation: "before" });
  succeed("before", atSlot - day + 60_000);
  elapse(atSlot);
  succeed("one", atSlot + 60_000);
  expect(elapse(atSlot - day, { invocation: "again" })).toMatchObject({ result: "already-done" });
  expect(elapse(atSlot, { invocation: "and again" })).toMatchObject({ result: "already-done" });
});

test("an override serves once", () => {
  const minutes = 60_000;
  const late = atSlot + 60 * minutes;
  runs.allowOnce("aurora", "trading", "mara", "the desk asked", new Date(late + minutes).toISOString());
  expect(elapse(late)).toMatchObject({
    run: true,
    reason: expect.stringMatching(/^mara overrides .*: the desk asked$/),
  });
  const end = { result: "failed", reason: "exit code 1", exitCode: "exited", exitStatus: "1" } as const;
  runs.end("aurora", "trading", "one", { ...end, at: new Date(late).toISOString() });
  expect(elapse(late + 1, { invocation: "two" })).toMatchObject({ run: false, result: "too-late" });
});

test("an override that nobody used in time is gone", () => {
  const late = atSlot + 3_600_000;
  runs.allowOnce("aurora", "trading", "mara", "the desk asked", new Date(late - 1).toISOString());
  expect(elapse(late)).toMatchObject({ run: false, result: "too-late" });
});

test("a pause ends by itself", () => {
  const until = new Date(atSlot + 60_000).toISOString();
  runs.pause("aurora", "trading", { until, who: "mara", why: null, at: new Date(atSlot).toISOString() });
  expect(elapse(atSlot)).toMatchObject({ run: false, result: "paused" });
  expect(elapse(atSlot + 60_001, { invocation: "two" }).run).toBe(true);
});

test("what cannot be recorded is not let through", () => {
  const reader = new DatabaseSync(join(directory, "holdfast.db"), { readOnly: true });
  open.push(reader);
  expect(() => elapse(atSlot, { on: new Runs(reader) })).toThrow(/readonly/);
});
