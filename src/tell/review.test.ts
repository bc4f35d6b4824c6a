import { expect, test } from "vitest";
import { missingForClose } from "./review-close.ts";
import type { ReviewFacts } from "./review-facts.ts";
import { reviewTimes } from "./review-times.ts";
import { describeReview } from "./review.ts";
import { lifeOfAnIncident } from "./test-review.ts";
import { start } from "./test-telling.ts";

const minute = 60_000;
const day = 86_400_000;
const endOfDay = (date: string): number => Date.parse(`${date}T23:59:59.999Z`);

const sectionOf = (document: string, title: string): string => {
  const [, body = ""] = document.split(`\n## ${title}\n\n`);
  return body.split("\n\n## ")[0]!.trimEnd();
};

test("a review is made of the record, with a question wherever only people know", () => {
  const document = describeReview(lifeOfAnIncident().facts());
  expect(document.slice(0, document.indexOf("\n\n## Who was told")))
    .toBe(`# INC-20261130-090002: beat of bot has failed

|  |  |
| --- | --- |
| Severity | error (High) |
| Of | polybot/bot |
| When | 2026-11-30 09:00:00 UTC to 2026-11-30 09:05:00 UTC |
| Duration | 5 min |
| Opened by | holdfast |
| Alerts | beat of bot has failed |
| End | recovered, by holdfast |
| Review | open |

## Impact

*Open: Who noticed what, and for how long?*

## Times

|  | When | After the beginning |
| --- | --- | --- |
| Beginning | 2026-11-30 09:00:00 UTC |  |
| Detection | 2026-11-30 09:00:02 UTC | 2 s |
| First message delivered | 2026-11-30 09:00:03 UTC | 3 s |
| Response | 2026-11-30 09:02:00 UTC, anna by cli | 2 min |
| Resolution | 2026-11-30 09:03:05 UTC, restart of bot (heal 7) | 3 min 5 s |
| Recovery, shown to be good | 2026-11-30 09:05:00 UTC | 5 min |

## Timeline

| When (UTC) | What | Who | Words |
| --- | --- | --- | --- |
| 2026-11-30 09:00:02 | opened | holdfast | beat of bot has failed |
| 2026-11-30 09:00:02 | told | holdfast | team (L1) told: it has just begun |
| 2026-11-30 09:02:00 | acknowledged | anna by cli | until 2026-11-30T13:02:00.000Z: on it |
| 2026-11-30 09:05:00 | cleared | holdfast | it is good again |
| 2026-11-30 09:05:00 | resolved | holdfast | recovered after 5 min: it is good again |`);
  expect(sectionOf(document, "Who was told")).toContain(
    "| team | open 1 | 2026-11-30 09:00:02 | 2026-11-30 09:00:03 | 1 s |",
  );
  expect(sectionOf(document, "Heals")).toContain("restart of bot for frozen");
  expect(sectionOf(document, "What changed before")).toBe(
    "- 2026-11-30 08:50:00 UTC: apply generation 5, by anna: applied",
  );
  expect(sectionOf(document, "Duties")).toBe(
    "- [x] 1. L1: look at the checks (anna, 2026-11-30 09:02:30 UTC)\n- [ ] 2. L1: restart it",
  );
  const asked = [...document.matchAll(/^## (.+)\n\n(?:### .+\n\n)?\*Open: /gm)].map(([, title]) => title);
  expect(asked).toEqual([
    "Impact",
    "Cause",
    "Contributing factors",
    "Why",
    "What went well",
    "What went wrong",
    "Improvements",
    "Actions",
    "Prevention",
    "Lessons",
    "Training needs",
    "Attendees",
    "Next review",
  ]);
});

function answered(): ReviewFacts {
  const { facts, reviews } = lifeOfAnIncident();
  const { id } = facts().incident;
  reviews.mergeAnswers(id, {
    cause: "a leak in the cache",
    impact: "no trades for 5 min",
    attendees: ["anna", "role: operator"],
    preventMonitoring: ["an alarm on memory"],
    preventTechnical: ["a limit on the cache"],
  });
  const add = (says: string, due: string) =>
    reviews.addAction({ incident: id, says, owner: "anna", due: endOfDay(due) });
  const first = add("restart it each night", "2026-12-01");
  add("an alarm on memory", "2026-12-06");
  add("a limit on the cache", "2026-12-24");
  add("another cache", "2027-06-01");
  reviews.endAction(first, "bert", start + day);
  reviews.setNextReview(id, Date.UTC(2027, 0, 4));
  return facts();
}

test("what people have said stands in its section, and actions are ordered by their term", () => {
  const document = describeReview(answered());
  expect(sectionOf(document, "Cause")).toBe("a leak in the cache");
  expect(sectionOf(document, "Attendees")).toBe("- anna\n- role: operator");
  expect(sectionOf(document, "Next review")).toBe("2027-01-04");
  expect(
    sectionOf(document, "Actions")
      .split("\n")
      .filter((line) => /^###|^\| \d/.test(line)),
  ).toEqual([
    "### Immediate",
    "| 1 | anna | restart it each night | 2026-12-01 | 2026-12-01, bert |",
    "### Within a week",
    "| 2 | anna | an alarm on memory | 2026-12-06 | no |",
    "### Within a month",
    "| 3 | anna | a limit on the cache | 2026-12-24 | no |",
    "### Long term",
    "| 4 | anna | another cache | 2027-06-01 | no |",
  ]);
  expect(sectionOf(document, "Prevention")).toContain("- P2: a limit on the cache");
});

test("a review is closed when it says what it is for, and each thing that is missing is named", () => {
  const facts = answered();
  expect(missingForClose(facts)).toEqual([]);
  const bare = { ...facts, answers: {}, actions: [], nextReview: null };
  expect(missingForClose(bare).map(({ field }) => field)).toEqual([
    "the cause",
    "the impact",
    "an action (or why none is needed)",
    "who took part",
    "the date of the next review",
  ]);
  const none = { ...bare, answers: { ...facts.answers, noAction: "it was planned" }, nextReview: 1 };
  expect(missingForClose(none)).toEqual([]);
  expect(missingForClose({ ...facts, answers: { ...facts.answers, cause: " " } })).toHaveLength(1);
});

test("less than an error needs one line, and what is not over is not reviewed to its end", () => {
  const facts = { ...answered(), answers: {}, actions: [], nextReview: null };
  const warning = { ...facts, incident: { ...facts.incident, severity: "warning" as const } };
  expect(missingForClose(warning)).toEqual([{ field: "a note", option: '--note "..."' }]);
  expect(missingForClose({ ...warning, answers: { note: "a blip" } })).toEqual([]);
  const going = { ...answered(), incident: { ...facts.incident, resolved: null } };
  expect(missingForClose(going)).toHaveLength(1);
});

test("times are those of the record: who spoke afterwards has not answered, and no data is no recovery", () => {
  const { facts, telling } = lifeOfAnIncident();
  const { incident } = facts();
  telling.store.incidents.addEvent(incident.id, start + 60 * minute, "note", "bert", "review: cause");
  const silent = { ...facts(), timeline: facts().timeline.filter(({ kind }) => kind !== "acknowledged") };
  expect(reviewTimes(silent).answered).toBeNull();
  expect(reviewTimes({ ...facts(), heals: [] }).resolved).toEqual({
    at: start + 5 * minute,
    how: "what was wrong was over",
  });
  const gone = { ...facts(), incident: { ...incident, outcome: "no-data" as const } };
  expect(reviewTimes(gone)).toMatchObject({ resolved: null, recovered: null });
  expect(
    describeReview({ ...facts(), incident: { ...incident, resolved: null, outcome: null, state: "open" } }),
  ).toContain("| Duration | not over |");
});

test("words of others stay words: no heading, table, code or markup of theirs", () => {
  const says = "x | y\n# heading\n```\n<script>alert(1)</script> [a](http://b) *c*";
  const { facts, reviews } = lifeOfAnIncident({ says, why: says });
  const { id } = facts().incident;
  reviews.mergeAnswers(id, { cause: says, factors: [says], attendees: [says] });
  reviews.addAction({ incident: id, says, owner: says, due: start });
  const document = describeReview({ ...facts(), changed: [{ at: start, kind: "package", says }] });
  expect(document).not.toMatch(/^# heading/m);
  expect(document).not.toMatch(/^```/m);
  expect(document).not.toMatch(/(?<!\\)<script/);
  expect(document).not.toMatch(/(?<!\\)\[a/);
  for (const row of document.split("\n").filter((line) => line.startsWith("| ")))
    expect([3, 4, 5, 6]).toContain(row.split(/(?<!\\)\|/).length - 1);
});
