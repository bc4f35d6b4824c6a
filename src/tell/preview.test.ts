import { expect, test } from "vitest";
import { preview } from "./preview.ts";
import { start, tellFileWith } from "./test-telling.ts";

const minute = 60_000;
const hour = 60 * minute;

const wanted = { service: "bot", now: start, silences: [], mayHeal: false } as const;

test("each step is foreseen at its time, and then reminders", () => {
  const { told, notes, endsAt } = preview(tellFileWith(), { ...wanted, severity: "error" });
  expect(told.map(({ at, target, says }) => [(at - start) / minute, target, says])).toEqual([
    [0, "team", "open"],
    [10, "boss", "open"],
  ]);
  expect(notes.map(({ says }) => says)).toEqual([
    "team told: it has just begun",
    "boss told: not acknowledged within 10 min",
  ]);
  expect(endsAt).toBe(start + 10 * minute + 24 * hour);
});

test("a message is foreseen to arrive: what is due a day later finds no channel broken by then", () => {
  // A deadline that passes after the message of the first step would have run out.
  const file = tellFileWith(undefined, { respond: 13 * hour });
  const { told, notes } = preview(file, { ...wanted, severity: "error" });
  expect(told.map(({ target, says }) => `${target} ${says}`)).toEqual(["team open", "boss open"]);
  expect(notes.map(({ says }) => says).join("; ")).not.toMatch(/channel-broken|time to live/);
});

test("what quiet hours hold is foreseen at their end, and says why", () => {
  const file = tellFileWith();
  const night = {
    name: "night",
    calendar: null,
    days: [1, 2, 3, 4, 5, 6, 7],
    hours: { from: 0, to: 600 },
    zone: "UTC",
  };
  const channels = file.channels.map((one) => (one.name === "team" ? { ...one, quiet: night } : one));
  const { told } = preview({ ...file, channels }, { ...wanted, severity: "error" });
  expect(told[0]).toEqual({
    at: start,
    sent: start + hour,
    target: "team",
    says: "open, held: quiet hours of team",
  });
});

const silence = (kind: "mute" | "maintenance", until: number) => ({
  id: 1,
  app: "polybot",
  service: null,
  kind,
  since: start - minute,
  until,
  untilResolved: false,
  why: "work",
  who: "anna",
  ended: null,
});

test.each(["mute", "maintenance"] as const)("what a %s holds is foreseen at its end", (kind) => {
  const { told } = preview(tellFileWith(), {
    ...wanted,
    severity: "error",
    silences: [silence(kind, start + hour)],
  });
  expect(told.map(({ at, target, says }) => [(at - start) / minute, target, says])).toEqual([
    [60, "team", "open"],
    [70, "boss", "open"],
  ]);
});

test("what a heal may mend is foreseen after the wait for it", () => {
  const { told } = preview(tellFileWith(), { ...wanted, severity: "error", mayHeal: true });
  expect(told.map(({ at }) => (at - start) / minute)).toEqual([2, 12]);
});

test("who is off duty is foreseen to be left out, and who is told instead", () => {
  const file = tellFileWith();
  const evenings = {
    name: "evenings",
    calendar: null,
    days: [1, 2, 3, 4, 5, 6, 7],
    hours: { from: 18 * 60, to: 22 * 60 },
    zone: "UTC",
  };
  const contacts = file.contacts.map((one) => (one.name === "team" ? { ...one, hours: evenings } : one));
  const { told, notes } = preview({ ...file, contacts }, { ...wanted, severity: "error" });
  expect(told.map(({ at, target }) => [(at - start) / minute, target])).toEqual([[0, "boss"]]);
  expect(notes.map(({ says }) => says)).toContain("team is off duty (outside of evenings)");
});

test("nobody is foreseen where nobody is told", () => {
  expect(preview(tellFileWith(), { ...wanted, severity: "info" })).toEqual({
    told: [],
    notes: [],
    endsAt: null,
  });
});
