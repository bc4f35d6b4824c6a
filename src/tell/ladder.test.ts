import { expect, test } from "vitest";
import type { During } from "../compile/watch-rule.ts";
import { rungAt, targetsOf, waitAfter, type Rung } from "./ladder.ts";
import type { Severity } from "../value/severity.ts";
import type { StepRule } from "../compile/tell-rule.ts";
import { contact, step, tellFileWith } from "./test-telling.ts";

/** 09:00 to 17:00 on working days, unless something else is said. */
function hours(zone: string, from = 9 * 60, to = 17 * 60, days = [1, 2, 3, 4, 5]): During {
  return { name: "office", calendar: null, days, hours: { from, to }, zone };
}

function rung(
  during: Readonly<Record<string, During | null>>,
  at: string,
  given: { severity?: Severity; from?: number; steps?: readonly StepRule[] } = {},
): Rung {
  const { severity = "error", from = 0, steps = Object.keys(during).map((name) => step(name)) } = given;
  const file = {
    ...tellFileWith(steps),
    contacts: Object.entries(during).map(([name, when]) => ({ ...contact(name), hours: when })),
  };
  return rungAt(file, file.policies[severity], severity, from, Date.parse(at));
}

function described(found: Rung): string {
  if (found.kind === "nobody") return "nobody";
  if (found.kind === "wait") return `wait until ${new Date(found.until).toISOString()}`;
  const off = found.offDuty ? ", off duty" : "";
  return `step ${found.step}: ${found.contacts.map(({ name }) => name).join(", ")}${off}`;
}

const berlin = hours("Europe/Berlin");
const newYork = hours("America/New_York");

test.each([
  ["in winter 09:00 in Berlin is 08:00 UTC", "2026-10-26T08:00:00Z", "step 0: anna"],
  ["and a minute earlier nobody is there", "2026-10-26T07:59:59Z", "wait until 2026-10-26T08:00:00.000Z"],
  ["in summer 09:00 in Berlin is 07:00 UTC", "2026-10-23T07:00:00Z", "step 0: anna"],
  [
    "over the end of summer time, from Friday to Monday",
    "2026-10-23T15:00:00Z",
    "wait until 2026-10-26T08:00:00.000Z",
  ],
  ["over the beginning of summer time", "2027-03-26T16:00:00Z", "wait until 2027-03-29T07:00:00.000Z"],
])("hours are of the zone: %s", (_, at, expected) => {
  expect(described(rung({ anna: berlin }, at))).toBe(expected);
});

test("hours in New York, over the end of summer time there", () => {
  expect(described(rung({ joe: newYork }, "2026-10-30T21:00:00Z"))).toBe(
    "wait until 2026-11-02T14:00:00.000Z",
  );
  expect(described(rung({ joe: newYork }, "2026-10-30T20:59:59Z"))).toBe("step 0: joe");
});

test("hours that begin within the hour that is skipped begin when the clock goes on, and none is lost", () => {
  // 2027-03-28 02:30 does not exist in Berlin: the clock goes from 02:00 to 03:00, which is 01:00 UTC.
  const night = hours("Europe/Berlin", 150, 300, [7]);
  expect(described(rung({ anna: night }, "2027-03-28T00:59:59Z"))).toMatch(
    /^wait until 2027-03-28T01:[03]0:00/,
  );
  expect(described(rung({ anna: night }, "2027-03-28T01:30:00Z"))).toBe("step 0: anna");
  expect(described(rung({ anna: night }, "2027-03-28T03:00:00Z"))).toMatch(/^wait until 2027-04-04/);
});

test("hours over the hour that comes twice hold for both", () => {
  // 2026-10-25 02:00 to 03:00 comes twice in Berlin: 00:00 to 02:00 UTC.
  const night = hours("Europe/Berlin", 120, 180, [7]);
  for (const at of ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"])
    expect(described(rung({ anna: night }, at))).toBe("step 0: anna");
  expect(described(rung({ anna: night }, "2026-10-25T02:00:00Z"))).toMatch(/^wait/);
});

const sunday = "2026-11-29T12:00:00Z";

test("when nobody of a step is on duty, the next that has somebody is taken, and it is known who was left out", () => {
  const found = rung({ anna: berlin, joe: newYork, boss: null }, sunday);
  expect(described(found)).toBe("step 2: boss");
  expect(found).toMatchObject({ skipped: [{ name: "anna" }, { name: "joe" }] });
});

test("who is off duty is left out of a step that somebody else is on duty for", () => {
  const found = rung({ anna: berlin, boss: null }, sunday, {
    steps: [{ ...step("anna"), contacts: ["anna", "boss"] }],
  });
  expect(described(found)).toBe("step 0: boss");
  expect(found).toMatchObject({ skipped: [{ name: "anna" }] });
});

test("when nobody at all is on duty, critical is told all the same and the rest waits for the first who comes", () => {
  const both = { joe: newYork, anna: berlin };
  expect(described(rung(both, sunday, { severity: "critical" }))).toBe("step 0: joe, off duty");
  expect(described(rung(both, sunday, { severity: "critical", from: 1 }))).toBe("step 1: anna, off duty");
  expect(described(rung(both, sunday))).toBe("wait until 2026-11-30T08:00:00.000Z");
});

test("past the last step there is nobody, and without steps there never was", () => {
  expect(described(rung({ anna: null }, sunday, { from: 1 }))).toBe("nobody");
  expect(described(rung({}, sunday))).toBe("nobody");
});

test("a step waits as long as it says, or as long as an acknowledgement may take", () => {
  const { policies } = tellFileWith([step("team"), step("boss", 90_000), step("team")], {
    acknowledge: 60_000,
  });
  expect([0, 1, 2].map((at) => waitAfter(policies.error, at))).toEqual([90_000, 60_000, null]);
});

test("who is reached twice is told once", () => {
  expect(targetsOf([contact("team"), { ...contact("anna"), targets: ["mail/anna", "team"] }])).toEqual([
    "team",
    "mail/anna",
  ]);
});
