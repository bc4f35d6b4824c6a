import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { Report } from "../rehearse/rehearse.ts";
import { makeTables } from "./open-store.ts";
import { Probations } from "./probations.ts";
import { Rehearsals } from "./rehearsals.ts";

function opened(): DatabaseSync {
  const database = new DatabaseSync(":memory:");
  makeTables(database);
  return database;
}

const report = (app: string, at: number): Report => ({
  app,
  environment: null,
  spec: "hash",
  systemd: "257.1",
  machine: "here",
  at,
  upMillis: 1,
  millis: 2,
  shortened: [],
  standIns: [],
  upstreams: [],
  outcomes: [
    {
      fault: "crash",
      title: "it crashes",
      service: "bot",
      verdict: "kept",
      promise: "",
      because: "",
      says: "",
      fix: null,
      detect: 1,
      recover: 2,
      told: [],
      timeline: [],
      millis: 3,
    },
  ],
  notYet: {},
});

test("the newest reports are kept, of each application by itself", () => {
  const rehearsals = new Rehearsals(opened());
  rehearsals.add("rehearsal", report("other", 1), null);
  for (let at = 1; at <= 30; at++) rehearsals.add("drill", report("polybot", at), "files");
  const kept = rehearsals.list("polybot");
  expect(kept.map(({ at }) => at)).toEqual(Array.from({ length: 20 }, (_, index) => 30 - index));
  expect(kept[0]).toMatchObject({
    kind: "drill",
    artifacts: "files",
    verdicts: [{ fault: "crash", service: "bot", verdict: "kept" }],
  });
  expect(rehearsals.list("other")).toHaveLength(1);
  expect(rehearsals.latest("polybot")?.report.at).toBe(30);
});

test("a record of before there were any is read as one without", () => {
  const old = new DatabaseSync(":memory:");
  expect(new Rehearsals(old).list("polybot")).toEqual([]);
  expect(new Rehearsals(old).latest("polybot")).toBeNull();
  expect(new Probations(old).verdict("polybot", "bot", 1)).toBeNull();
});

test("the first verdict of a probation stays, and the next probation has its own", () => {
  const probations = new Probations(opened());
  probations.settle("polybot", "bot", 100, { state: "passed", reasons: [] }, 200);
  probations.settle("polybot", "bot", 100, { state: "failed", reasons: ["late"] }, 300);
  expect(probations.verdict("polybot", "bot", 100)).toEqual({ state: "passed", reasons: [] });
  expect(probations.verdict("polybot", "bot", 400)).toBeNull();
  probations.settle("polybot", "bot", 400, { state: "failed", reasons: ["1 crash"] }, 500);
  expect(probations.verdict("polybot", "bot", 400)).toEqual({ state: "failed", reasons: ["1 crash"] });
});
