import { expect, test } from "vitest";
import type { JobRule, LatePolicy } from "../../plan/job-rule.ts";
import { judgeReboot, outOfSlot, type AfterReboot, type BeforeReboot } from "./judge-reboot.ts";

const bootedAt = Date.parse("2027-01-04T10:00:00Z");
const rule = (late: LatePolicy = { kind: "refuse", after: 600_000 }): JobRule => ({
  app: "polybot",
  job: "report",
  slots: ["*-*-* 09:00:00 UTC"],
  zone: "UTC",
  calendar: null,
  needs: [],
  late,
  timeout: 60_000,
  expect: null,
  critical: false,
  unsure: "refuse",
});
const before: BeforeReboot = { boot: "a", services: ["bot"], timers: ["report", "expect"], lastRun: 3 };
type Run = AfterReboot["jobs"][number]["runs"][number];
const run = (over: Partial<Run> = {}): Run => ({
  slot: "2027-01-04T09:00:00.000Z",
  trigger: "catch-up",
  result: "succeeded",
  started: "2027-01-04T10:00:20.000Z",
  ...over,
});
const timer = { armed: true, enabled: true, next: "2027-01-05T09:00:00.000Z" };
const job = { rule: rule(), timer, runs: [] as Run[] };
const after: AfterReboot = {
  bootedAt,
  services: [{ name: "bot", state: "active", ready: true, readyAt: bootedAt + 4000 }],
  jobs: [job],
  own: [
    { name: "expect", armed: true },
    { name: "check", armed: false },
  ],
  lingering: null,
};

const verdicts = (over: Partial<AfterReboot>, was = before) =>
  judgeReboot(was, { ...after, ...over }).map(
    ({ service, verdict, says }) => `${service} ${verdict}: ${says}`,
  );

test("all is back", () => {
  expect(verdicts({})).toEqual([
    "bot kept: it runs and is ready, started 4 s after the kernel",
    "report kept: its timer is armed, next at 2027-01-05T09:00:00.000Z",
    "null kept: armed again: expect",
  ]);
});

test("what was not to start at boot, or was not armed, is no promise", () => {
  const found = verdicts({}, { ...before, services: [], timers: [] });
  expect(found.map((text) => text.split(":")[0])).toEqual([
    "bot not-rehearsed",
    "report not-rehearsed",
    "null kept",
  ]);
});

test.each<[string, Partial<AfterReboot>, string]>([
  [
    "a service that is down",
    { services: [{ name: "bot", state: "failed", ready: false, readyAt: null }] },
    "bot broken: it is failed",
  ],
  [
    "a service that runs and does not answer",
    { services: [{ name: "bot", state: "active", ready: false, readyAt: bootedAt }] },
    "bot broken: it is active, and not ready",
  ],
  [
    "a timer that is not armed",
    { jobs: [{ ...job, timer: { ...timer, armed: false } }] },
    "report broken: its timer is not armed",
  ],
  [
    "a run that the boot has set off",
    { jobs: [{ ...job, runs: [run()] }] },
    "report broken: it ran at 2027-01-04T10:00:20.000Z, out of its slot (2027-01-04T09:00:00.000Z)",
  ],
  [
    "a slot that passed, and is on record",
    { jobs: [{ ...job, runs: [run({ result: "missed" })] }] },
    "report kept: its timer is armed, next at 2027-01-05T09:00:00.000Z; 1 passed while the machine was away, and is on record",
  ],
  [
    "nobody who would notice a missed run",
    { own: [{ name: "expect", armed: false }] },
    "null broken: not armed any more: expect",
  ],
  [
    "no lingering",
    { lingering: false },
    "null broken: lingering is off: services and timers wait for a login",
  ],
])("%s is seen", (_, over, expected) => expect(verdicts(over)).toContain(expected));

test("a run is out of its slot when it is for none, or later than the spec allows", () => {
  expect(outOfSlot(rule({ kind: "run" }), run())).toBe(false);
  expect(outOfSlot(rule(), run({ started: "2027-01-04T09:09:00.000Z" }))).toBe(false);
  expect(outOfSlot(rule({ kind: "run" }), run({ slot: "2027-01-04T09:30:00.000Z" }))).toBe(true);
  expect(outOfSlot(rule(), run({ slot: null }))).toBe(true);
  expect(outOfSlot(rule(), run({ trigger: "manual" }))).toBe(false);
  expect(outOfSlot(rule(), run({ result: "too-late" }))).toBe(false);
});
