import { expect, test } from "vitest";
import { takeTransition } from "./raise.ts";
import { nextRoutine, runRoutines } from "./routine.ts";
import type { Severity } from "../value/severity.ts";
import { start, testTelling, tellFileWith, type TestTelling } from "./test-telling.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

function setting(zone: string, at: number, begin = start): TestTelling {
  const telling = testTelling({ digest: { at, zone, targets: ["team"] } });
  telling.now = begin;
  runRoutines(telling);
  return telling;
}

function happen(telling: TestTelling, severity: Severity, service: string): void {
  const about = { at: telling.now, service, source: "check", subject: "beat", mayHeal: true } as const;
  takeTransition(telling, { ...about, change: "raise", severity, says: `beat of ${service} has failed` });
  telling.now += minute;
  takeTransition(telling, { ...about, at: telling.now, change: "clear", says: "it is good again" });
}

const rows = ({ store }: TestTelling, kind: string) =>
  store.outbox
    .list("polybot", { limit: 500 })
    .toReversed()
    .filter((row) => row.kind === kind);

/** As the notifier does it: looks again when it has said that it will. */
function pass(telling: TestTelling, millis: number): void {
  for (const end = telling.now + millis; ;) {
    const next = nextRoutine(telling);
    if (next === null || next > end) return void (telling.now = end);
    expect(next).toBeGreaterThan(telling.now);
    telling.now = next;
    runRoutines(telling);
  }
}

const zones: [string, string, string, string[]][] = [
  [
    "over the end of summer time in Berlin",
    "Europe/Berlin",
    "2026-10-23T12:00:00Z",
    ["2026-10-24T06:00", "2026-10-25T07:00", "2026-10-26T07:00"],
  ],
  [
    "over its beginning in Berlin",
    "Europe/Berlin",
    "2027-03-26T12:00:00Z",
    ["2027-03-27T07:00", "2027-03-28T06:00", "2027-03-29T06:00"],
  ],
  [
    "over the end of summer time in New York",
    "America/New_York",
    "2026-10-30T20:00:00Z",
    ["2026-10-31T12:00", "2026-11-01T13:00", "2026-11-02T13:00"],
  ],
];

test.each(zones)("the digest comes once a day at 08:00 of its zone, %s", (_, zone, from, expected) => {
  const telling = setting(zone, 8 * 60, Date.parse(from));
  for (let nth = 0; nth < 3; nth++) {
    happen(telling, "error", "bot");
    pass(telling, day - minute);
  }
  const sent = rows(telling, "digest").map(({ created }) => new Date(created).toISOString().slice(0, 16));
  expect(sent).toEqual(expected);
});

test("a time that the clock skips, or has twice, is one digest", () => {
  for (const [from, at] of [
    ["2027-03-27T12:00:00Z", 150],
    ["2026-10-24T12:00:00Z", 150],
  ] as const) {
    const telling = setting("Europe/Berlin", at, Date.parse(from));
    happen(telling, "error", "bot");
    pass(telling, day);
    expect(rows(telling, "digest")).toHaveLength(1);
  }
});

test("the digest names what needed nobody and what is open, with how it ended", () => {
  const telling = setting("UTC", 8 * 60);
  happen(telling, "error", "bot");
  takeTransition(telling, {
    change: "raise",
    at: telling.now,
    service: "api",
    source: "check",
    subject: "http",
    severity: "critical",
    says: "http of api has failed",
    mayHeal: false,
  });
  pass(telling, day);
  const [row] = rows(telling, "digest");
  expect(row).toMatchObject({ target: "team", severity: "error", incident: null });
  expect(row!.title).toBe("1 open, 1 that needed nobody, since 2026-11-30T09:00Z");
  expect(row!.lines).toEqual([
    "still open:",
    "- INC-20261130-090100 api: http of api has failed",
    "over:",
    "- INC-20261130-090000 bot: beat of bot has failed, self-healed after 1 min",
  ]);
});

test("nothing happened: nothing is sent, and the same thing is not told on the day after", () => {
  const telling = setting("UTC", 8 * 60);
  pass(telling, 3 * day);
  expect(rows(telling, "digest")).toEqual([]);
  happen(telling, "error", "bot");
  pass(telling, 3 * day);
  expect(rows(telling, "digest")).toHaveLength(1);
});

test("a host that was off for days has one digest, of all of them", () => {
  const telling = setting("UTC", 8 * 60);
  happen(telling, "error", "bot");
  telling.now += 3 * day;
  happen(telling, "error", "api");
  runRoutines(telling);
  runRoutines(telling);
  expect(rows(telling, "digest").map(({ title }) => title)).toEqual([
    "0 open, 2 that needed nobody, since 2026-11-30T09:00Z",
  ]);
});

test("what was promised in a review is reminded of when its day is over, and once a week until it is done", () => {
  const telling = setting("UTC", 8 * 60);
  happen(telling, "error", "bot");
  const { reviews, incidents } = telling.store;
  const [incident] = incidents.list("polybot");
  const due = start + 3 * day;
  const action = reviews.addAction({ incident: incident!.id, says: "add a disk", owner: "anna", due });
  const notices = () => rows(telling, "notice");
  pass(telling, 2 * day);
  expect(notices()).toEqual([]);
  pass(telling, 10 * day);
  expect(notices().map(({ title, target }) => `${target} ${title}`)).toEqual([
    "team overdue: add a disk",
    "team overdue: add a disk",
  ]);
  const [first, second] = notices().map(({ created }) => created);
  expect(first! - due).toBeLessThan(minute);
  expect(second! - first!).toBeGreaterThanOrEqual(7 * day);
  expect(second! - first!).toBeLessThanOrEqual(8 * day);
  reviews.endAction(action, "anna", telling.now);
  pass(telling, 20 * day);
  expect(notices()).toHaveLength(2);
});

test("once a week each path that is used is tested silently, the first time a week after the beginning", () => {
  const telling = testTelling({ ...tellFileWith(), tests: true });
  runRoutines(telling);
  expect(rows(telling, "test")).toEqual([]);
  pass(telling, 15 * day);
  const tests = rows(telling, "test").map(({ target, silent, created }) => [
    target,
    silent,
    (created - start) / day,
  ]);
  expect(tests).toEqual([
    ["team", true, 7],
    ["boss", true, 7],
    ["team", true, 14],
    ["boss", true, 14],
  ]);
});

test("without tests in the spec none is sent", () => {
  const telling = testTelling({ ...tellFileWith(), tests: false });
  pass(telling, 15 * day);
  expect(rows(telling, "test")).toEqual([]);
});
