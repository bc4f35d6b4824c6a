import * as fc from "fast-check";
import { expect, test } from "vitest";
import { backOff, chooseRows, type Choice } from "./choose-rows.ts";
import type { OutboxRow, TargetState } from "./incident.ts";
import { channel, start } from "./test-telling.ts";

const second = 1000;
const minute = 60_000;
const healthy: TargetState = {
  target: "team",
  lastSuccess: null,
  failingSince: null,
  failures: 0,
  lastError: null,
  retryAt: null,
  testedAt: null,
  brokenWhy: null,
};

function row(id: number, changes: Partial<OutboxRow> = {}): OutboxRow {
  return {
    id,
    uid: `id-${id}`,
    app: "polybot",
    incident: id,
    target: "team",
    sequence: 1,
    kind: "open",
    severity: "error",
    title: "bot is frozen",
    lines: [],
    service: "bot",
    at: start,
    silent: false,
    status: "pending",
    attempts: 0,
    nextAttempt: start,
    leaseUntil: null,
    ambiguous: false,
    firstError: null,
    lastError: null,
    providerId: null,
    created: start,
    sent: null,
    expires: start + 60 * minute,
    why: null,
    ...changes,
  };
}

const many = (count: number, changes: Partial<OutboxRow> = {}): OutboxRow[] =>
  Array.from({ length: count }, (_, index) => row(index + 1, changes));

const choose = (
  pending: readonly OutboxRow[],
  { now = start, state = healthy, sent = [] as number[], rule = channel("team") } = {},
): Choice => chooseRows(pending, rule, state, sent, now);

/** The numbers of the rows, and whether they go in one message. */
function chosen(choice: Choice): string {
  if (choice.kind === "wait") return `wait ${choice.until === null ? "for ever" : choice.until - start}`;
  const ids = choice.rows.map(({ id }) => id).join(",");
  return choice.kind === "hold"
    ? `hold ${ids} ${choice.until - start}`
    : `${choice.together ? "together" : "send"} ${ids}`;
}

const cap = (count: number) => Array.from({ length: count }, (_, index) => start - 59 * minute + index);

test.each<[string, string, readonly OutboxRow[], Parameters<typeof choose>[1]?]>([
  ["nothing", "wait for ever", []],
  ["the oldest goes first", "send 1", many(3)],
  ["what is not due yet is waited for", "wait 5000", [row(1, { nextAttempt: start + 5000 })]],
  [
    "what is being sent holds up the rest of its incident, and nothing else",
    "send 3",
    [row(1, { incident: 1, leaseUntil: start + 30_000 }), row(2, { incident: 1 }), row(3, { incident: 2 })],
  ],
  [
    "the end of an incident never overtakes a beginning that waits for quiet hours to end",
    "wait 60000",
    [
      row(1, { incident: 1, nextAttempt: start + minute, why: "quiet hours of team" }),
      row(2, { incident: 1, kind: "resolve" }),
    ],
  ],
  [
    "but what is critical waits for nothing, and what was held of its incident goes before it",
    "send 1",
    [
      row(1, { incident: 1, nextAttempt: start + minute, why: "quiet hours of team" }),
      row(2, { incident: 1, kind: "update", severity: "critical" }),
      row(3, { incident: 3, nextAttempt: start + minute, why: "quiet hours of team" }),
    ],
  ],
  ["a lease that has run out is nobody's", "send 1", [row(1, { leaseUntil: start, attempts: 1 })]],
  [
    "a target that fails is left alone until its time",
    "wait 5000",
    many(2),
    { state: { ...healthy, retryAt: start + 5000 } },
  ],
  ["what is of no incident waits for nothing", "send 1", [row(1, { incident: null, kind: "digest" })]],
])("%s", (_, expected, pending, given = {}) => {
  expect(chosen(choose(pending, given))).toBe(expected);
});

test("over the cap everything is held until the oldest message is out of the window, but what is critical goes", () => {
  const sent = cap(20);
  expect(chosen(choose(many(3), { sent }))).toBe(`hold 1,2,3 ${minute}`);
  expect(chosen(choose([row(1), row(2, { severity: "critical" })], { sent }))).toBe("send 2");
  expect(
    chosen(choose([row(1, { incident: 1 }), row(2, { incident: 1, severity: "critical" })], { sent })),
  ).toBe("send 1");
  expect(chosen(choose([row(1, { kind: "test", severity: "info" })], { sent }))).toBe("send 1");
  expect(chosen(choose([row(1, { kind: "test", severity: "info", silent: true })], { sent }))).toContain(
    "hold 1",
  );
  expect(chosen(choose(many(3), { sent: cap(19) }))).toBe("send 1");
});

test("what the cap or quiet hours have held comes as one message", () => {
  expect(chosen(choose(many(2, { why: "more than 20 messages within 60 min" })))).toBe("together 1,2");
  expect(chosen(choose(many(1, { why: "quiet hours of team" })))).toBe("send 1");
});

test("four that have waited out an outage are one message, and three are not", () => {
  const now = start + 2 * minute;
  expect(chosen(choose(many(3), { now }))).toBe("send 1");
  expect(chosen(choose(many(4), { now }))).toBe("together 1,2,3,4");
  expect(chosen(choose(many(4, { attempts: 1 })))).toBe("together 1,2,3,4");
  expect(chosen(choose(many(150), { now })).split(",")).toHaveLength(100);
});

test("to machines every event goes by itself, whatever has waited", () => {
  const now = start + 60 * minute;
  const pager = channel("pager", { kind: "pagerduty", keyCredential: "pager.key", api: null });
  const hook = channel("hook", { kind: "webhook", url: "https://example.org", keyCredential: null });
  for (const rule of [pager, hook])
    expect(chosen(choose(many(9, { attempts: 3, why: "held" }), { now, rule }))).toBe("send 1");
});

test("of an incident nothing is ever chosen before what came before", () => {
  const anyRow = fc.record({
    incident: fc.option(fc.integer({ min: 1, max: 3 }), { nil: null }),
    nextAttempt: fc.constantFrom(start, start + minute),
    leaseUntil: fc.constantFrom(null, start - 1, start + 1),
    severity: fc.constantFrom<OutboxRow["severity"]>("critical", "error"),
    why: fc.constantFrom(null, "held"),
    attempts: fc.nat(2),
  });
  fc.assert(
    fc.property(fc.array(anyRow, { maxLength: 12 }), fc.constantFrom(0, 20), (changes, sent) => {
      const pending = changes.map((change, index) => row(index + 1, change));
      const choice = choose(pending, { sent: cap(sent) });
      if (choice.kind !== "send") return;
      const ids = new Set(choice.rows.map(({ id }) => id));
      for (const one of choice.rows)
        for (const before of pending)
          if (one.incident !== null && before.incident === one.incident && before.id < one.id)
            expect(ids.has(before.id)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("who waits is not woken before anything can be sent", () => {
  // A moment that has passed would be looked at again at once, and again.
  const anyRow = fc.record({
    incident: fc.option(fc.integer({ min: 1, max: 3 }), { nil: null }),
    nextAttempt: fc.integer({ min: start - minute, max: start + minute }),
    leaseUntil: fc.option(fc.integer({ min: start - minute, max: start + minute }), { nil: null }),
    severity: fc.constantFrom<OutboxRow["severity"]>("critical", "error"),
    why: fc.constantFrom(null, "held"),
  });
  const state = fc.record({ retryAt: fc.constantFrom(null, start - 1, start + 5000) });
  fc.assert(
    fc.property(fc.array(anyRow, { maxLength: 8 }), state, (changes, { retryAt }) => {
      const pending = changes.map((change, index) => row(index + 1, change));
      const choice = choose(pending, { state: { ...healthy, retryAt } });
      if (choice.kind !== "wait") return;
      expect(choice.until === null).toBe(pending.length === 0);
      if (choice.until !== null) expect(choice.until).toBeGreaterThan(start);
    }),
    { numRuns: 2000 },
  );
});

test("the wait after a failure grows to ten minutes, give or take a fifth", () => {
  expect([1, 2, 3, 4, 5, 6, 50].map((failures) => backOff(failures, 0.5) / second)).toEqual([
    5, 15, 45, 120, 300, 600, 600,
  ]);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (failures, chance) => {
        const usual = backOff(failures, 0.5);
        const wait = backOff(failures, chance);
        expect(wait).toBeGreaterThanOrEqual(Math.floor(usual * 0.8));
        expect(wait).toBeLessThanOrEqual(Math.ceil(usual * 1.2));
      },
    ),
  );
});
