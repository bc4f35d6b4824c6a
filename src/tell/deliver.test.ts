import { expect, test } from "vitest";
import { takeTransition } from "./raise.ts";
import type { Severity } from "../value/severity.ts";
import { testDelivery, type Outcome } from "./test-deliver.ts";
import { channel, step, tellFileWith, testTelling, type TestTelling } from "./test-telling.ts";
import { tick } from "./tick.ts";

const second = 1000;
const hour = 3_600_000;

function fail(telling: TestTelling, severity: Severity = "error", service = "bot"): void {
  const about = { at: telling.now, service, source: "check", subject: "beat", mayHeal: false } as const;
  takeTransition(telling, { ...about, change: "raise", severity, says: `beat of ${service} has failed` });
}

/** Everything goes to team; boss stands in for it where that is said. */
function setting(fallbacks: { team?: string; boss?: string } = {}): TestTelling {
  const channels = (["team", "boss"] as const).map((name) => ({
    ...channel(name),
    fallback: fallbacks[name] ?? null,
  }));
  return testTelling({ ...tellFileWith([step("team")]), channels });
}

const always = (outcome: Outcome) => (): Outcome => outcome;

function rows({ store }: TestTelling): string[] {
  return store.outbox
    .list("polybot", { limit: 500 })
    .toReversed()
    .map(({ target, kind, status, title }) =>
      title.startsWith("notification-channel-broken") || title.includes(": notification-channel-broken")
        ? `${target} ${kind} ${status} (channel)`
        : `${target} ${kind} ${status}`,
    );
}

const titles = ({ store }: TestTelling): string[] =>
  store.incidents.unresolved("polybot").map(({ title }) => title);

test("a message is claimed while it is sent, and then sent once", async () => {
  const telling = setting();
  fail(telling);
  let during: unknown;
  const delivery = testDelivery(telling, () => {
    during = telling.store.outbox.list("polybot")[0];
    return "sent";
  });
  expect(await delivery.to("team")).toBeNull();
  expect(during).toMatchObject({ status: "pending", attempts: 1, leaseUntil: telling.now + 30 * second });
  expect(await delivery.to("team")).toBeNull();
  expect(delivery.sends).toHaveLength(1);
  expect(delivery.sends[0]!.message).toMatchObject({ repeat: false, sequence: 1 });
});

test("what somebody has claimed is left to him until his lease runs out, and then comes as a repetition", async () => {
  const telling = setting();
  fail(telling);
  const [row] = telling.store.outbox.list("polybot");
  telling.store.outbox.claim([row!.id], telling.now, telling.now + 30 * second);
  const delivery = testDelivery(telling, always("sent"));
  expect(await delivery.to("team")).toBe(telling.now + 30 * second);
  expect(delivery.sends).toHaveLength(0);
  telling.now += 30 * second;
  await delivery.to("team");
  expect(delivery.sends.map(({ message }) => message.repeat)).toEqual([true]);
});

test("a try without an answer is repeated with the same id and says so; a plain failure does not", async () => {
  for (const [outcome, repeat] of [
    ["maybe", true],
    ["later", false],
  ] as const) {
    const telling = setting();
    fail(telling);
    const delivery = testDelivery(telling, always(outcome));
    telling.now = (await delivery.to("team"))!;
    await delivery.to("team");
    const [first, second_] = delivery.sends.map(({ message }) => message);
    expect([first!.repeat, second_!.repeat]).toEqual([false, repeat]);
    expect(second_!.id).toBe(first!.id);
  }
});

test("a target that fails is tried again later and later, and holds up nobody else", async () => {
  const telling = setting();
  fail(telling);
  fail(telling, "error", "api");
  const delivery = testDelivery(telling, always("later"));
  const waits: number[] = [];
  for (let round = 0; round < 4; round++) {
    const until = (await delivery.to("team"))!;
    waits.push((until - telling.now) / second);
    telling.now = until;
  }
  expect(waits).toEqual([5, 15, 45, 120]);
  expect(delivery.said).toEqual(["4 team: not delivered: it is down; it is tried again"]);
});

test("the second failure lets the other channel tell it, once for each incident", async () => {
  const telling = setting({ team: "boss" });
  fail(telling);
  const delivery = testDelivery(telling, always("later"));
  telling.now = (await delivery.to("team"))!;
  expect(rows(telling)).toEqual(["team open pending"]);
  telling.now = (await delivery.to("team"))!;
  await delivery.to("team");
  expect(rows(telling)).toEqual(["team open pending", "boss open pending"]);
  const row = telling.store.outbox.list("polybot").find(({ target }) => target === "boss");
  expect(row!.lines.at(-1)).toBe("instead of team, which does not work: it is down");
});

test("what is only good to know is not told by another channel", async () => {
  const telling = setting({ team: "boss" });
  fail(telling, "warning");
  const delivery = testDelivery(telling, always("later"));
  for (let round = 0; round < 3; round++) telling.now = (await delivery.to("team"))!;
  expect(rows(telling)).toEqual(["team open pending"]);
});

test("a channel that refuses is an incident of its own, which it is not told itself", async () => {
  const telling = testTelling(tellFileWith([{ ...step("team"), contacts: ["team", "boss"] }]));
  fail(telling);
  await testDelivery(telling, always("refused")).to("team");
  expect(rows(telling)).toEqual(["team open dead", "boss open pending", "boss open pending (channel)"]);
  expect(titles(telling)).toContain("notification-channel-broken: team: no such chat");
});

test("what gets through again ends the incident of its channel", async () => {
  const telling = testTelling(tellFileWith([{ ...step("team"), contacts: ["team", "boss"] }]));
  fail(telling);
  await testDelivery(telling, always("refused")).to("team");
  telling.now += hour;
  fail(telling, "error", "api");
  const delivery = testDelivery(telling, always("sent"));
  await delivery.to("team");
  expect(titles(telling)).toEqual(["beat of bot has failed", "beat of api has failed"]);
  expect(delivery.said).toEqual(["5 team: messages get through again"]);
});

test("two channels that are broken tell each other once, and it ends", async () => {
  const telling = testTelling({
    ...tellFileWith([{ ...step("team"), contacts: ["team", "boss"] }]),
    channels: [
      { ...channel("team"), fallback: "boss" },
      { ...channel("boss"), fallback: "team" },
    ],
  });
  fail(telling);
  const delivery = testDelivery(telling, always("refused"));
  for (let round = 0; round < 10; round++) for (const target of ["team", "boss"]) await delivery.to(target);
  expect(telling.store.outbox.pendingCount("polybot")).toBe(0);
  expect(delivery.sends.length).toBeLessThanOrEqual(6);
  expect(titles(telling)).toHaveLength(3);
});

test("the end of a message's time to live is itself an incident", async () => {
  const telling = setting();
  fail(telling);
  const delivery = testDelivery(telling, always("later"));
  await delivery.to("team");
  telling.now += 12 * hour;
  tick(telling);
  expect(rows(telling)[0]).toBe("team open dead");
  expect(titles(telling)).toContain(
    "notification-channel-broken: team: a message could not be delivered in time (beat of bot has failed): it is down",
  );
});

test("what a channel was to tell that is not declared any more is dead, and says why", async () => {
  const telling = setting();
  fail(telling);
  telling.file = { ...telling.file, channels: [], targets: [] };
  const delivery = testDelivery(telling, always("sent"));
  expect(await delivery.to("team")).toBeNull();
  expect(telling.store.outbox.list("polybot")[0]).toMatchObject({
    status: "dead",
    why: "its channel is not declared any more",
  });
  expect(delivery.sends).toHaveLength(0);
});

test("a critical message goes though a hundred others wait for the morning", async () => {
  const telling = setting();
  // Not together, which would be one incident.
  for (let nth = 0; nth < 120; nth++, telling.now += 60 * second) fail(telling, "error", `service-${nth}`);
  const held = telling.store.outbox.list("polybot", { limit: 500 }).map(({ id }) => id);
  telling.store.outbox.postpone(held, telling.now + hour, "quiet hours of team");
  expect(held).toHaveLength(120);
  fail(telling, "critical", "bot");
  const delivery = testDelivery(telling, always("sent"));
  expect(await delivery.to("team")).toBe(telling.now + hour);
  expect(delivery.sends.map(({ message }) => message.severity)).toEqual(["critical"]);
});
