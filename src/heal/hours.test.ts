import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { During } from "../compile/watch-rule.ts";
import { inHours } from "./hours.ts";
import { hour, minute } from "./test-rules.ts";

const allDays = [1, 2, 3, 4, 5, 6, 7];
const weekdays = [1, 2, 3, 4, 5];

const during = (rest: Partial<During>): During => ({
  name: "market-hours",
  calendar: null,
  days: allDays,
  hours: null,
  zone: "UTC",
  ...rest,
});
const calendar = (base: string, rest: Partial<NonNullable<During["calendar"]>> = {}) => ({
  base,
  closed: [],
  half: {},
  ...rest,
});
const hoursOf = (text: string) => {
  const [from, to] = text.split("..").map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)));
  return { from: from!, to: to! };
};
const newYork = during({
  calendar: calendar("XNYS"),
  hours: hoursOf("09:30..16:00"),
  zone: "America/New_York",
});

/** "open since .. until", "closed (why) until", in UTC. */
function describeAt(rule: During, time: string): string {
  const found = inHours({ ...rule }, Date.parse(time));
  const utc = (at: number | null) => (at === null ? "ever" : new Date(at).toISOString().slice(0, 16));
  if (found.open === true) return `open ${utc(found.since)} to ${utc(found.until)}`;
  return `${found.open === false ? "closed" : "unknown"} (${found.why}) until ${utc(found.until)}`;
}

describe("New York's hours", () => {
  test.each([
    ["an open day", "2026-06-10T15:00Z", "open 2026-06-10T13:30 to 2026-06-10T20:00"],
    ["before they begin", "2026-06-10T13:29Z", "closed (outside of market-hours) until 2026-06-10T13:30"],
    ["the minute they begin", "2026-06-10T13:30Z", "open 2026-06-10T13:30 to 2026-06-10T20:00"],
    ["the minute they end", "2026-06-10T20:00Z", "closed (outside of market-hours) until 2026-06-11T13:30"],
    // G-10: a quiet weekend is healthy.
    ["a weekend", "2026-06-13T15:00Z", "closed (weekend) until 2026-06-15T13:30"],
    ["Thanksgiving", "2026-11-26T16:00Z", "closed (Thanksgiving Day) until 2026-11-27T14:30"],
    ["the half day after it", "2026-11-27T17:59Z", "open 2026-11-27T14:30 to 2026-11-27T18:00"],
    ["closes at one", "2026-11-27T18:00Z", "closed (outside of market-hours) until 2026-11-30T14:30"],
    [
      "in winter an hour later by UTC",
      "2026-12-01T14:00Z",
      "closed (outside of market-hours) until 2026-12-01T14:30",
    ],
    [
      "past its data nobody knows",
      "2029-01-03T15:00Z",
      "unknown (XNYS is known until 2028-12-31) until 2029-01-03T21:00",
    ],
    [
      "but at night it is closed for sure",
      "2029-01-03T04:00Z",
      "closed (outside of market-hours) until 2029-01-03T14:30",
    ],
  ])("%s", (_, time, expected) => {
    expect(describeAt(newYork, time)).toBe(expected);
  });

  test("as a trader in Tokyo has them, past midnight", () => {
    const tokyo = during({ calendar: calendar("XNYS"), hours: hoursOf("22:30..05:00"), zone: "Asia/Tokyo" });
    expect(describeAt(tokyo, "2026-06-12T19:00Z")).toBe("open 2026-06-12T13:30 to 2026-06-12T20:00");
    expect(describeAt(tokyo, "2026-06-13T15:00Z")).toBe("closed (weekend) until 2026-06-15T13:30");
    const early = during({ calendar: calendar("XNYS"), hours: hoursOf("00:30..05:00"), zone: "Asia/Tokyo" });
    // Saturday morning in Tokyo is Friday in New York.
    expect(describeAt(early, "2026-06-12T17:00Z")).toBe("open 2026-06-12T15:30 to 2026-06-12T20:00");
    expect(describeAt(tokyo, "2026-11-27T18:30Z")).toBe(
      "closed (outside of market-hours) until 2026-11-30T13:30",
    );
  });

  test("days that the spec adds win", () => {
    const closed = { ...newYork, calendar: calendar("XNYS", { closed: ["2026-06-10"] }) };
    expect(describeAt(closed, "2026-06-10T15:00Z")).toMatch(/^closed .* until 2026-06-11T13:30$/);
    const half = { ...newYork, calendar: calendar("XNYS", { half: { "2026-06-10": "12:00" } }) };
    expect(describeAt(half, "2026-06-10T15:00Z")).toBe("open 2026-06-10T13:30 to 2026-06-10T16:00");
  });
});

describe("days and clocks", () => {
  test("no window is always", () => {
    expect(inHours(null, 0)).toEqual({ open: true, since: null, until: Infinity });
  });

  test("weekdays without hours are one stretch: midnight begins nothing", () => {
    expect(describeAt(during({ days: weekdays }), "2026-06-11T00:00Z")).toBe(
      "open 2026-06-08T00:00 to 2026-06-13T00:00",
    );
    expect(describeAt(during({ days: weekdays }), "2026-06-14T12:00Z")).toBe(
      "closed (not a day of market-hours) until 2026-06-15T00:00",
    );
    expect(describeAt(during({}), "2026-06-11T12:00Z")).toMatch(/^open ever to /);
    expect(describeAt(during({ calendar: calendar("24x7") }), "2026-06-11T12:00Z")).toMatch(/^open ever to /);
  });

  test("hours past midnight belong to the day they begin on", () => {
    const friday = during({ days: [5], hours: hoursOf("22:00..04:00") });
    expect(describeAt(friday, "2026-06-13T03:59Z")).toBe("open 2026-06-12T22:00 to 2026-06-13T04:00");
    expect(describeAt(friday, "2026-06-12T03:59Z")).toMatch(/^closed/);
  });

  test("until midnight", () => {
    expect(describeAt(during({ hours: hoursOf("20:00..24:00") }), "2026-06-13T23:59Z")).toBe(
      "open 2026-06-13T20:00 to 2026-06-14T00:00",
    );
  });

  test("on the day that clocks go forward and back", () => {
    const berlin = during({ hours: hoursOf("02:30..04:00"), zone: "Europe/Berlin" });
    // 02:30 does not exist: it begins an hour later by the clock, at 03:30.
    expect(describeAt(berlin, "2026-03-29T01:45Z")).toBe("open 2026-03-29T01:30 to 2026-03-29T02:00");
    expect(describeAt(berlin, "2026-10-25T01:45Z")).toBe("open 2026-10-25T00:30 to 2026-10-25T03:00");
    const day = during({ days: [7], zone: "Europe/Berlin" });
    expect(describeAt(day, "2026-10-25T12:00Z")).toBe("open 2026-10-24T22:00 to 2026-10-25T23:00");
  });
});

test("the answer holds until it says, whenever it is asked, and moves on", () => {
  const rules = [
    newYork,
    during({ days: weekdays }),
    during({ hours: hoursOf("22:00..04:00"), zone: "Europe/Berlin" }),
    during({ calendar: calendar("XTKS"), hours: hoursOf("09:00..15:30"), zone: "Asia/Tokyo" }),
    during({ calendar: calendar("XLON"), hours: hoursOf("08:00..16:30"), zone: "Europe/London" }),
  ];
  const moments = fc.integer({ min: Date.UTC(2026, 0, 1) / minute, max: Date.UTC(2027, 11, 1) / minute });
  fc.assert(
    fc.property(
      fc.constantFrom(...rules),
      moments,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (rule, at, part) => {
        const now = at * minute;
        const found = inHours({ ...rule }, now);
        expect(found.until).toBeGreaterThan(now);
        const later = Math.floor(now + (found.until - 1 - now) * part);
        const again = inHours({ ...rule }, later);
        expect(again.open).toBe(found.open);
        if (found.open === true && found.since !== null) {
          expect(found.since).toBeLessThanOrEqual(now);
          expect(inHours({ ...rule }, found.since - 1).open).not.toBe(true);
        }
        if (again.open === true) expect(inHours({ ...rule }, again.until).open).not.toBe(true);
        // Remembered or not, it is the same.
        inHours(rule, now);
        expect(inHours(rule, later).open).toBe(found.open);
        const [remembered, fresh] = [rule, { ...rule }].map((one) => inHours(one, now - 20 * hour));
        // The words may be those of the day on which the closed time began.
        expect([remembered!.open, remembered!.until]).toEqual([fresh!.open, fresh!.until]);
      },
    ),
    { numRuns: 200 },
  );
});
