import { expect, test } from "vitest";
import { putDuties } from "../tell/duties.ts";
import { raise } from "../tell/raise.ts";
import { beatFails, start, step, tellFileWith, testTelling } from "../tell/test-telling.ts";
import { Reviews } from "./reviews.ts";

const day = 86_400_000;

function open() {
  const steps = [
    { ...step("team"), level: "L1", duties: ["acknowledge", "restart it"] },
    { ...step("boss"), level: "L2", duties: ["look at the logs"] },
  ];
  const telling = testTelling(tellFileWith(steps));
  const incident = raise(telling, beatFails(start))!;
  return { reviews: new Reviews(telling.database), incident };
}

test("duties come from the policy once, and later ones are numbered after them", () => {
  const { reviews, incident } = open();
  putDuties(reviews, incident);
  expect(reviews.tickDuty(incident.id, 2, "anna", start)).toBe(true);
  const more = { ...step("chief"), level: "L4", duties: ["tell the customers"] };
  const { policy } = incident;
  putDuties(reviews, { id: incident.id, policy: { ...policy, steps: [...policy.steps, more] } });
  expect(reviews.duties(incident.id).map((duty) => Object.values(duty))).toEqual([
    [1, "L1", "acknowledge", null, null],
    [2, "L1", "restart it", start, "anna"],
    [3, "L2", "look at the logs", null, null],
    [4, "L4", "tell the customers", null, null],
  ]);
});

test("a duty is done once, and by whom is not overwritten", () => {
  const { reviews, incident } = open();
  putDuties(reviews, incident);
  reviews.tickDuty(incident.id, 1, "anna", start);
  expect(reviews.tickDuty(incident.id, 1, "bert", start + 1)).toBe(false);
  expect(reviews.tickDuty(incident.id, 9, "bert", start)).toBe(false);
  expect(reviews.duties(incident.id)[0]).toMatchObject({ done: start, who: "anna" });
});

test("answers are merged: texts replace, lists grow", () => {
  const { reviews, incident } = open();
  expect(reviews.answers(incident.id)).toEqual({});
  reviews.mergeAnswers(incident.id, { cause: "a leak", factors: ["no limit"] });
  reviews.mergeAnswers(incident.id, { cause: "a leak in the cache", factors: ["no limit", "no alarm"] });
  expect(reviews.answers(incident.id)).toEqual({
    cause: "a leak in the cache",
    factors: ["no limit", "no alarm"],
  });
});

test("an action is overdue after its day, and asked for again only after a while", () => {
  const { reviews, incident } = open();
  const id = reviews.addAction({
    incident: incident.id,
    says: "set a limit",
    owner: "anna",
    due: start + day,
  });
  expect(reviews.nextReminder("polybot")).toBe(start + day);
  expect(reviews.overdueActions("polybot", start)).toEqual([]);
  const now = start + 2 * day;
  expect(reviews.overdueActions("polybot", now)).toMatchObject([{ id, name: incident.name, owner: "anna" }]);
  expect(reviews.overdueActions("other", now)).toEqual([]);
  reviews.markActionReminded(id, now);
  expect(reviews.nextReminder("polybot")).toBeNull();
  expect(reviews.overdueActions("polybot", now + 1000, now)).toEqual([]);
  expect(reviews.overdueActions("polybot", now + day, now + 1)).toHaveLength(1);
  expect(reviews.endAction(id, "anna", now)).toBe(true);
  expect(reviews.endAction(id, "bert", now)).toBe(false);
  expect(reviews.overdueActions("polybot", now + day)).toEqual([]);
  expect(reviews.actions(incident.id)).toMatchObject([{ id, done: now, doneBy: "anna" }]);
});

test("a further review is reminded of once, and again when it is put off", () => {
  const { reviews, incident } = open();
  reviews.setNextReview(incident.id, start + day);
  reviews.mergeAnswers(incident.id, { cause: "a leak" });
  expect(reviews.nextReview(incident.id)).toBe(start + day);
  expect(reviews.dueReviews("polybot", start)).toEqual([]);
  const due = { incident: incident.id, name: incident.name, nextReview: start + day };
  expect(reviews.dueReviews("polybot", start + day)).toEqual([due]);
  reviews.markReviewReminded(incident.id, start + day);
  expect(reviews.dueReviews("polybot", start + 2 * day)).toEqual([]);
  reviews.setNextReview(incident.id, start + 3 * day);
  expect(reviews.nextReminder("polybot")).toBe(start + 3 * day);
  expect(reviews.dueReviews("polybot", start + 3 * day)).toHaveLength(1);
});
