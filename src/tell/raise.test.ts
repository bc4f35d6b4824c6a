import { expect, test } from "vitest";
import { acknowledge, endSilence, resolveByHand, silence } from "./people.ts";
import { takeTransition } from "./raise.ts";
import { beatFails, contact, step, tellFileWith, testTelling, type TestTelling } from "./test-telling.ts";
import { nextTick, tick } from "./tick.ts";
import type { Transition } from "./transition.ts";

const minute = 60_000;

function raise(
  telling: TestTelling,
  options: Partial<Extract<Transition, { change: "raise" | "once" }>> = {},
) {
  takeTransition(telling, { ...beatFails(telling.now), ...options });
}

function clear(telling: TestTelling, subject: string | null = "beat", service = "bot") {
  takeTransition(telling, {
    change: "clear",
    at: telling.now,
    service,
    source: "check",
    subject,
    says: "it is good again",
  });
}

/** What was put into the outbox, oldest first. */
function rows(telling: TestTelling) {
  return telling.store.outbox
    .list("polybot")
    .toReversed()
    .map(({ target, kind, status }) => `${target} ${kind} ${status}`);
}

function incidents(telling: TestTelling) {
  return telling.store.incidents.list("polybot").toReversed();
}

function pass(telling: TestTelling, millis: number) {
  for (const end = telling.now + millis; ;) {
    const next = nextTick(telling);
    if (next === null || next > end) {
      telling.now = end;
      return;
    }
    telling.now = Math.max(telling.now, next);
    tick(telling);
  }
}

function sendAll(telling: TestTelling) {
  const ids = telling.store.outbox.list("polybot", { status: "pending" }).map(({ id }) => id);
  telling.store.outbox.markSent(ids, telling.now, null);
}

test("an alert opens one incident, tells the first step, and wakes who sends", () => {
  const telling = testTelling();
  raise(telling);
  expect(rows(telling)).toEqual(["team open pending"]);
  expect(incidents(telling)[0]).toMatchObject({
    name: "INC-20261130-090000",
    service: "bot",
    severity: "error",
    state: "open",
    title: "beat of bot has failed",
  });
  expect(telling.woken).toBeGreaterThan(0);
});

test("the same alert again, and another one of the same service, tell nobody twice", () => {
  const telling = testTelling();
  raise(telling);
  raise(telling);
  raise(telling, { subject: "http" });
  raise(telling, { source: "gave-up", subject: null });
  expect(incidents(telling)).toHaveLength(1);
  expect(rows(telling)).toEqual(["team open pending"]);
});

test("a rise in severity is told at once, and whoever had acknowledged is asked again", () => {
  const telling = testTelling();
  raise(telling, { severity: "warning" });
  sendAll(telling);
  acknowledge(telling, incidents(telling)[0]!, { who: "anna", via: "" }, { note: null, holds: null });
  raise(telling, { source: "breaker", subject: null, severity: "critical", says: "held: too many heals" });
  expect(incidents(telling)[0]).toMatchObject({
    severity: "critical",
    state: "open",
    title: "held: too many heals",
  });
  expect(rows(telling).at(-1)).toBe("team update pending");
});

test("what no heal mends does not wait for one", () => {
  const telling = testTelling();
  raise(telling, { mayHeal: true });
  expect(rows(telling)).toEqual([]);
  raise(telling, { subject: "disk", severity: "warning" });
  expect(rows(telling)).toEqual([]);
  raise(telling, { subject: "rpc" });
  expect(rows(telling)).toEqual(["team open pending"]);
});

test("what is not acknowledged goes up a step, then is repeated, and is exhausted in the end", () => {
  const telling = testTelling({
    ...tellFileWith(undefined, { repeat: { every: 60 * minute, times: 2 }, remind: null }),
  });
  raise(telling);
  sendAll(telling);
  pass(telling, 10 * minute);
  expect(rows(telling)).toEqual(["team open sent", "boss open pending"]);
  sendAll(telling);
  pass(telling, 5 * 60 * minute);
  expect(rows(telling)).toEqual([
    "team open sent",
    "boss open sent",
    "boss reminder pending",
    "boss reminder pending",
  ]);
  expect(incidents(telling)[0]!.exhausted).toBe(true);
  expect(nextTick(telling)).toBeNull();
});

test("an acknowledgement stops the steps, and when it ends they begin anew", () => {
  const telling = testTelling();
  raise(telling);
  sendAll(telling);
  telling.now += minute;
  acknowledge(
    telling,
    incidents(telling)[0]!,
    { who: "anna", via: "telegram" },
    { note: "on it", holds: 30 * minute },
  );
  expect(rows(telling)).toEqual(["team open sent", "team ack pending"]);
  sendAll(telling);
  pass(telling, 29 * minute);
  expect(rows(telling)).toHaveLength(2);
  pass(telling, 2 * minute);
  expect(rows(telling).at(-1)).toBe("team reminder pending");
  expect(incidents(telling)[0]!.state).toBe("open");
});

// C-73: a resolution timer for each level.
test("not resolved in time is the next level, though it is acknowledged", () => {
  const telling = testTelling(tellFileWith(undefined, { acknowledge: 5 * minute, resolve: 15 * minute }));
  raise(telling);
  sendAll(telling);
  acknowledge(telling, incidents(telling)[0]!, { who: "anna", via: "" }, { note: null, holds: null });
  pass(telling, 14 * minute);
  expect(rows(telling)).not.toContain("boss open pending");
  pass(telling, 2 * minute);
  expect(rows(telling)).toContain("boss open pending");
});

test("the end is told exactly to those who were told of the beginning", () => {
  const telling = testTelling();
  raise(telling);
  sendAll(telling);
  telling.now += 5 * minute;
  clear(telling);
  expect(rows(telling)).toEqual(["team open sent", "team resolve pending"]);
  expect(incidents(telling)[0]).toMatchObject({ state: "resolved", outcome: "recovered" });
});

test("no end without a beginning: who has not heard hears both in one", () => {
  const telling = testTelling();
  raise(telling);
  telling.now += 5 * minute;
  clear(telling);
  expect(rows(telling)).toEqual(["team open superseded", "team recovered pending"]);
});

test("a beginning that may have got through is not taken back", () => {
  const telling = testTelling();
  raise(telling);
  const [row] = telling.store.outbox.list("polybot");
  telling.store.outbox.claim([row!.id], telling.now, telling.now + 30_000);
  clear(telling);
  expect(rows(telling)).toEqual(["team open pending", "team resolve pending"]);
});

test("what a heal mends in time tells nobody, and is on record as info", () => {
  const telling = testTelling();
  raise(telling, { mayHeal: true });
  expect(rows(telling)).toEqual([]);
  pass(telling, minute);
  clear(telling);
  expect(rows(telling)).toEqual([]);
  expect(incidents(telling)[0]).toMatchObject({
    severity: "info",
    outcome: "self-healed",
    state: "resolved",
  });
});

test("a heal that does not help is told at once, and one that never ends after the wait", () => {
  const telling = testTelling();
  raise(telling, { mayHeal: true });
  takeTransition(telling, {
    change: "note",
    at: telling.now,
    service: "bot",
    says: "restart did not help",
    hurry: true,
  });
  expect(rows(telling)).toEqual(["team open pending"]);
  const other = testTelling();
  raise(other, { mayHeal: true });
  pass(other, 3 * minute);
  expect(rows(other)).toEqual(["team open pending"]);
});

test("three services that fail together are one incident", () => {
  const telling = testTelling();
  for (const service of ["a", "b", "c", "d"]) raise(telling, { service });
  const open = incidents(telling);
  expect(open).toHaveLength(2);
  expect(open[0]).toMatchObject({ service: null, openedBy: "several services" });
  expect(rows(telling)).toEqual(["team open pending", "team open pending"]);
});

test("what opens the third time within an hour comes and goes: one message, and calm ends it", () => {
  const telling = testTelling();
  for (let times = 0; times < 3; times++) {
    raise(telling);
    sendAll(telling);
    telling.now += 5 * minute;
    clear(telling);
    sendAll(telling);
    telling.now += 5 * minute;
  }
  const last = incidents(telling).at(-1)!;
  expect(last).toMatchObject({ flapping: true, state: "open" });
  const before = rows(telling).length;
  raise(telling);
  telling.now += minute;
  clear(telling);
  expect(rows(telling)).toHaveLength(before);
  pass(telling, 40 * minute);
  expect(incidents(telling).at(-1)).toMatchObject({ state: "resolved", flapping: false });
  expect(rows(telling).at(-1)).toBe("team resolve pending");
});

test("what was called over by hand and fails again within half an hour is the same incident", () => {
  const telling = testTelling();
  raise(telling);
  sendAll(telling);
  resolveByHand(telling, incidents(telling)[0]!, { who: "anna", via: "" }, "restarted the broker");
  telling.now += 20 * minute;
  raise(telling);
  expect(incidents(telling)).toHaveLength(1);
  expect(incidents(telling)[0]!.state).toBe("open");
});

test("an acknowledgement that comes after the end is a note and changes nothing", () => {
  const telling = testTelling();
  raise(telling);
  clear(telling);
  const { says } = acknowledge(
    telling,
    incidents(telling)[0]!,
    { who: "anna", via: "" },
    { note: null, holds: null },
  );
  expect(says).toMatch(/over already/);
  expect(incidents(telling)[0]!.state).toBe("resolved");
});

test("a window holds alerts back, and what still fails at its end is told then", () => {
  const telling = testTelling();
  const window = {
    kind: "maintenance",
    service: null,
    since: telling.now,
    untilResolved: false,
    why: "vacuum",
  } as const;
  silence(telling, { who: "anna", via: "" }, { ...window, until: telling.now + 10 * minute });
  raise(telling);
  raise(telling, { subject: "http" });
  clear(telling, "http");
  expect(incidents(telling)).toEqual([]);
  pass(telling, 11 * minute);
  expect(rows(telling)).toEqual(["team open pending"]);
  expect(incidents(telling)[0]!.opened).toBe(telling.now - 11 * minute);
});

test("a window that is ended by hand tells what still fails", () => {
  const telling = testTelling();
  const window = {
    kind: "maintenance",
    service: null,
    since: telling.now,
    untilResolved: false,
    why: "vacuum",
  } as const;
  silence(telling, { who: "anna", via: "" }, { ...window, until: telling.now + 60 * minute });
  raise(telling);
  telling.now += minute;
  endSilence(telling, { who: "anna", via: "" }, { kind: "maintenance", service: null });
  tick(telling);
  expect(rows(telling)).toEqual(["team open pending"]);
});

test("a mute puts off what is due, and holds back no end", () => {
  const telling = testTelling();
  raise(telling);
  sendAll(telling);
  const mute = {
    kind: "mute",
    service: "bot",
    since: telling.now,
    untilResolved: false,
    why: "known",
  } as const;
  silence(telling, { who: "anna", via: "" }, { ...mute, until: telling.now + 60 * minute });
  pass(telling, 50 * minute);
  expect(rows(telling)).toEqual(["team open sent"]);
  pass(telling, 20 * minute);
  expect(rows(telling)).toEqual(["team open sent", "boss open pending"]);
  sendAll(telling);
  silence(
    telling,
    { who: "anna", via: "" },
    { ...mute, since: telling.now, until: telling.now + 60 * minute },
  );
  clear(telling);
  expect(rows(telling).slice(-2).toSorted()).toEqual(["boss resolve pending", "team resolve pending"]);
});

test("who is off duty is left out, and the next who is on duty is told instead", () => {
  const night = {
    name: "office",
    calendar: null,
    days: [1, 2, 3, 4, 5],
    hours: { from: 600, to: 1080 },
    zone: "UTC",
  };
  const file = tellFileWith([step("office"), step("boss")]);
  const telling = testTelling({
    ...file,
    contacts: [{ ...contact("office"), hours: night, targets: ["team"] }, contact("boss")],
  });
  raise(telling, { severity: "critical" });
  expect(rows(telling)).toEqual(["boss open pending"]);
});

test("when nobody is on duty, critical is told all the same and anything less waits for who comes first", () => {
  const office = {
    name: "office",
    calendar: null,
    days: [1, 2, 3, 4, 5],
    hours: { from: 600, to: 1080 },
    zone: "UTC",
  };
  const file = tellFileWith([step("office")]);
  const contacts = [{ ...contact("office"), hours: office, targets: ["team"] }];
  const critical = testTelling({ ...file, contacts });
  raise(critical, { severity: "critical" });
  expect(rows(critical)).toEqual(["team open pending"]);
  const error = testTelling({ ...file, contacts });
  raise(error);
  expect(rows(error)).toEqual([]);
  pass(error, 61 * minute);
  expect(rows(error)).toEqual(["team open pending"]);
});

test("restarts by systemd are info on record; more than three within a day are a warning, once", () => {
  const telling = testTelling();
  for (let times = 0; times < 6; times++) {
    raise(telling, {
      change: "once",
      source: "restarted",
      subject: null,
      severity: "info",
      says: "systemd restarted it",
    });
    telling.now += minute;
  }
  expect(rows(telling)).toEqual(["team notice pending"]);
  expect(incidents(telling).map(({ severity, state }) => `${severity} ${state}`)).toEqual([
    "info resolved",
    "warning resolved",
  ]);
});

test("two incidents within a second have names of their own", () => {
  const telling = testTelling();
  raise(telling, { service: "a" });
  raise(telling, { service: "b" });
  expect(incidents(telling).map(({ name }) => name)).toEqual([
    "INC-20261130-090000",
    "INC-20261130-090000-2",
  ]);
});

test("what is handed off is left to whoever escalates by himself, until it is over", () => {
  const file = tellFileWith();
  const channels = file.channels.map((one) => (one.name === "team" ? { ...one, handOff: true } : one));
  const telling = testTelling({ ...file, channels });
  raise(telling);
  sendAll(telling);
  pass(telling, 3 * 60 * minute);
  expect(rows(telling)).toEqual(["team open sent"]);
  clear(telling);
  expect(rows(telling).at(-1)).toBe("team resolve pending");
});

test("a deadline for an answer that passes is on record, and an answer in time keeps it from that", () => {
  const file = tellFileWith(undefined, { respond: 5 * minute, acknowledge: 60 * minute });
  const late = testTelling(file);
  raise(late);
  pass(late, 6 * minute);
  expect(incidents(late)[0]).toMatchObject({ late: true });
  const timely = testTelling(file);
  raise(timely);
  timely.now += minute;
  acknowledge(timely, incidents(timely)[0]!, { who: "anna", via: "" }, { note: null, holds: null });
  pass(timely, 6 * minute);
  expect(incidents(timely)[0]).toMatchObject({ late: false });
});
