import { describe, expect, test } from "vitest";
import { formatCalendar } from "./format-calendar.ts";
import { parseCalendar } from "./parse-calendar.ts";
import { newYork } from "./test-zones.ts";

// Whether systemd agrees is the matter of test/contract/calendar.test.ts; these are the forms as people look them up.
const zones = {
  named: (name: string) => (name === "America/New_York" ? newYork : null),
  hostAbbreviations: () => ["CET", "CEST"] as const,
};

function normalized(text: string): string {
  const parsed = parseCalendar(text, zones);
  return parsed.ok ? formatCalendar(parsed.value) : `${parsed.at}: ${parsed.expected}`;
}

describe("normalized form", () => {
  test.each([
    ["daily", "*-*-* 00:00:00"],
    ["Weekly", "Mon *-*-* 00:00:00"],
    ["quarterly", "*-01,04,07,10-01 00:00:00"],
    ["*:0/15", "*-*-* *:00/15:00"],
    ["Mon..Fri 9:30 America/New_York", "Mon..Fri *-*-* 09:30:00 America/New_York"],
    ["sun,SATURDAY,Thu-Fri 12:0", "Thu..Sun *-*-* 12:00:00"],
    ["Mon,Tue", "Mon,Tue *-*-* 00:00:00"],
    ["Mon..Sun 1:00", "*-*-* 01:00:00"],
    ["26-2-1", "2026-02-01 00:00:00"],
    ["*-02~3,1", "*-02~01,03 00:00:00"],
    ["*-*~1..7/3 1:2:3.25", "*-*~01..07/3 01:02:03.250000"],
    ["*:*:*", "*-*-* *:*:*"],
    ["*:*:0/0.5", "*-*-* *:*:00/0.500000"],
    ["10,10..12/5:0", "*-*-* 10:00:00"],
    ["1:30 utc", "*-*-* 01:30:00 UTC"],
    ["1:30 cest", "*-*-* 01:30:00 CEST"],
    ["@86400 America/New_York", "1970-01-02 00:00:00 UTC"],
    ["@-18446744073709551611", "1970-01-01 00:00:05 UTC"],
  ])("%s", (text, form) => {
    expect(normalized(text)).toBe(form);
  });
});

describe("what is refused, and where", () => {
  test.each([
    ["", 0, "a date, a time, or a word"],
    ["25:00", 0, "an hour from 0 to 23"],
    ["*-13-01", 2, "a month from 1 to 12"],
    ["2026-1-32", 7, "a day from 1 to 31"],
    ["*-*~29", 4, "a day from 1 to 28, counted from the end of the month"],
    ["1:60", 2, "a minute from 0 to 59"],
    ["1:00:60", 5, "a second from 0 to below 60"],
    ["2200-1-1", 0, "a year from 1970 to 2199"],
    ["Sat..Mon 1:00", 5, "a later day: the week begins with Monday"],
    ["Mon..", 5, "the day on which the range ends"],
    ["*:0/0", 4, "a step greater than 0"],
    ["*:0/60", 2, "a step small enough"],
    ["*:30..10", 2, "a range that goes up"],
    ["*:*:1..1.5", 4, "a range of at least a second"],
    ["*/5 * * * *", 1, "- or ~ in a date, or : in a time"],
    ["12:00 Europe/Nowhere", 5, "the end of the time"],
    ["1:00:00 pm", 7, "the end of the time"],
    [
      "*-*~1,5,10,20",
      11,
      "a day from 1 to 28, counted from the end of the month; in this place of a list, at most 19",
    ],
  ])("%s", (text, at, expected) => expect(normalized(text)).toMatch(`${at}: ${expected}`));
});
