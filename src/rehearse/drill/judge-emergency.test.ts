import { expect, test } from "vitest";
import { judgeEmergency, type EmergencySeen, type JobLook } from "./judge-emergency.ts";

const look = (over: Partial<JobLook> = {}): JobLook => ({
  job: "report",
  timer: "armed",
  next: "2027-01-04T17:00:00.000Z",
  paused: false,
  refused: "",
  lastRun: 7,
  ...over,
});
const suite = (job: JobLook, pid = 10) => ({ jobs: [job], services: [{ service: "bot", pid }] });
const good: EmergencySeen = {
  before: suite(look()),
  paused: suite(look({ paused: true, refused: "paused" })),
  cancelled: { ok: true, says: "None of them was running.\n" },
  after: suite(look()),
};

const verdicts = (over: Partial<EmergencySeen>) =>
  judgeEmergency({ ...good, ...over }).map(({ service, verdict, says }) => `${service} ${verdict}: ${says}`);

test("a suite that was paused and is as it was", () => {
  expect(verdicts({})).toEqual([
    "report kept: its gate refused it while it was paused; afterwards its timer is as it was, and it has not run",
    "null kept: None of them was running. Services ran on.",
  ]);
});

test.each<[string, Partial<EmergencySeen>, string]>([
  [
    "a pause that does not hold",
    { paused: suite(look()) },
    "report broken: it would have run while it was paused",
  ],
  [
    "another reason for not running, which a pause would not outlast",
    { paused: suite(look({ refused: "closed-day" })) },
    "report broken: it would have run while it was paused but for: closed-day",
  ],
  ["a pause that stays", { after: suite(look({ paused: true })) }, "report broken: it is still paused"],
  [
    "a timer that is lost",
    { after: suite(look({ timer: "not armed" })) },
    "report broken: its timer was armed, and is not armed",
  ],
  ["a run", { after: suite(look({ lastRun: 8 })) }, "report broken: it has run meanwhile"],
  ["a service that was touched", { after: suite(look(), 11) }, "null broken: bot did not run on"],
  [
    "a cancel that fails",
    { cancelled: { ok: false, says: "no such job" } },
    "null broken: cancel failed: no such job",
  ],
])("%s is seen", (_, over, expected) => expect(verdicts(over)).toContain(expected));

test("nothing is cancelled when somebody has begun a run, and that is no verdict", () => {
  expect(verdicts({ cancelled: null })[1]).toMatch(/^null not-rehearsed: cancel was not asked/);
});
