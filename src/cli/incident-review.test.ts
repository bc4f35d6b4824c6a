import { Command } from "commander";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { canaries } from "../observe/test-incident-host.ts";
import type { HoldfastError } from "../report/diagnostic.ts";
import { describeReview } from "../tell/review.ts";
import { readReviewFacts, sourcesOf } from "./incident-facts.ts";
import { runIncidentReview } from "./incident-review.ts";
import { addReviewOptions, type ReviewOptions } from "./review-options.ts";
import { shownFacts } from "./shown-facts.ts";
import { incidentSession, type TestSession } from "./test-incident-session.ts";

let directory: string;
let the: TestSession;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "review-"));
  the = incidentSession(directory);
});
afterEach(() => rm(directory, { recursive: true }));

const name = "090002";
const review = (options: ReviewOptions = {}): Promise<number> =>
  runIncidentReview(the.session, name, options);

async function refusal(work: Promise<unknown>): Promise<HoldfastError["diagnostics"]> {
  return work.then(
    () => [],
    (error: HoldfastError) => error.diagnostics,
  );
}

test("the review is printed, and no secret comes out of it", async () => {
  expect(await review()).toBe(0);
  const { text, value } = the.said();
  expect(text).toMatch(/^# INC-20261130-090002: beat has failed: order refused/);
  expect(text).toContain("restart of bot for frozen");
  for (const canary of Object.values(canaries)) {
    expect(text).not.toContain(canary);
    expect(JSON.stringify(value)).not.toContain(canary);
  }
});

test("without the mask each of them would come out", async () => {
  const sources = await sourcesOf(the.session, the.session.record()!, "polybot");
  const document = describeReview(await readReviewFacts(sources, the.incident()));
  for (const canary of Object.values(canaries)) expect(document).toContain(canary);
});

test("when nobody knows what to hide, the words of programs are left out and those of people stay", async () => {
  the.store.reviews.mergeAnswers(the.incident().id, { cause: "a leak" });
  const sources = await sourcesOf(the.session, the.session.record()!, "polybot");
  const facts = shownFacts(await readReviewFacts(sources, the.incident()), null);
  const document = describeReview(facts);
  for (const canary of Object.values(canaries)) {
    expect(document).not.toContain(canary);
    expect(JSON.stringify(facts)).not.toContain(canary);
  }
  expect(document).toContain("a leak");
  expect(document).toContain("left out");
});

test("what is said is on record, with who said it", async () => {
  await review({
    cause: "a leak",
    factor: ["no limit"],
    attendee: ["anna", "bert"],
    preventTechnical: ["a limit on the cache"],
    action: ["anna: P1 by 2026-12-10", "bert: tell: the team by 2026-12-01"],
    nextReview: "2027-01-04",
  });
  const { reviews } = the.store;
  const { id } = the.incident();
  expect(reviews.answers(id)).toMatchObject({ cause: "a leak", attendees: ["anna", "bert"] });
  expect(reviews.actions(id)).toMatchObject([
    { owner: "anna", says: "a limit on the cache", due: Date.parse("2026-12-10T23:59:59.999Z") },
    { owner: "bert", says: "tell: the team" },
  ]);
  expect(reviews.nextReview(id)).toBe(Date.UTC(2027, 0, 4));
  await review({ done: ["2"] });
  expect(reviews.actions(id)[1]).toMatchObject({ doneBy: "anna" });
  const notes = the.timeline().filter(({ kind, who }) => kind === "note" && who === "anna");
  expect(notes.map(({ says }) => says)).toEqual([
    "review: cause: a leak",
    "review: factors: no limit",
    "review: attendees: anna; bert",
    "review: prevent technical: a limit on the cache",
    "review: action for anna by 2026-12-10: a limit on the cache",
    "review: action for bert by 2026-12-01: tell: the team",
    "review: next review 2027-01-04",
    "review: action of bert is done: tell: the team",
  ]);
  expect(the.said().text).toMatch(/Still missing: the impact \(--impact/);
});

test.each<[string, ReviewOptions]>([
  ["an action without an owner", { action: ["set a limit by 2026-12-10"] }],
  ["an action without a day", { action: ["anna: set a limit"] }],
  ["a day that does not exist", { action: ["anna: set a limit by 2026-02-30"] }],
  ["a point that does not exist", { action: ["anna: P1 by 2026-12-10"] }],
  ["an action that does not exist", { done: ["1"] }],
  ["a date that is none", { nextReview: "soon" }],
  ["an empty answer", { impact: " " }],
])("%s is refused, and nothing of the same command is kept", async (_, options) => {
  const before = the.timeline().length;
  const [first] = await refusal(review({ cause: "a leak", ...options }));
  expect(first).toMatchObject({ code: "usage/bad-answer" });
  expect(first!.fix).toBeTruthy();
  expect(the.store.reviews.answers(the.incident().id)).toEqual({});
  expect(the.timeline()).toHaveLength(before);
});

test("it is closed only when it is complete, and each thing that is missing is named with its command", async () => {
  const refused = await refusal(review({ cause: "a leak", close: true }));
  expect(refused.map(({ summary }) => summary)).toEqual([
    "Cannot close the review of INC-20261130-090002: the impact is missing",
    "Cannot close the review of INC-20261130-090002: an action (or why none is needed) is missing",
    "Cannot close the review of INC-20261130-090002: who took part is missing",
    "Cannot close the review of INC-20261130-090002: the date of the next review is missing",
  ]);
  expect(refused[0]!.fix).toBe('sudo holdfast incident review INC-20261130-090002 --impact "..."');
  expect(the.incident().reviewed).toBeNull();
  await review({
    impact: "no trades",
    attendee: ["anna"],
    noAction: "it was planned",
    nextReview: "2027-01-04",
    close: true,
  });
  expect(the.incident().reviewed).not.toBeNull();
  expect(the.said().text).toMatch(/is closed/);
  await review({ close: true });
  expect(the.timeline().filter(({ kind }) => kind === "reviewed")).toMatchObject([{ who: "anna" }]);
});

test("the options are read as they are typed; --no-action is no opposite of --action", () => {
  const command = addReviewOptions(new Command()).exitOverride();
  command.parse(
    [
      "--action",
      "a: b by 2026-12-10",
      "--action",
      "c",
      "--no-action",
      "why",
      "--prevent-process",
      "x",
      "--next-review",
      "2027-01-04",
      "--close",
    ],
    { from: "user" },
  );
  expect(command.opts()).toEqual({
    action: ["a: b by 2026-12-10", "c"],
    noAction: "why",
    preventProcess: ["x"],
    nextReview: "2027-01-04",
    close: true,
  });
  expect(addReviewOptions(new Command()).parse([], { from: "user" }).opts()).toEqual({});
});
