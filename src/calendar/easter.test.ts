import { expect, test } from "vitest";
import { easterSunday } from "./easter.ts";
import { formatDay } from "./iso-date.ts";

test("Easter from 2015 to 2040", () => {
  const dates = Array.from({ length: 26 }, (_, n) => formatDay(easterSunday(2015 + n)).slice(5));
  expect(dates.join(" ")).toBe(
    "04-05 03-27 04-16 04-01 04-21 04-12 04-04 04-17 04-09 03-31 04-20 04-05 03-28 " +
      "04-16 04-01 04-21 04-13 03-28 04-17 04-09 03-25 04-13 04-05 04-25 04-10 04-01",
  );
});

test.each(["1818-03-22", "1886-04-25", "1943-04-25", "1954-04-18", "1981-04-19", "2049-04-18", "2285-03-22"])(
  "the earliest, the latest and the exceptional: %s",
  (date) => {
    expect(formatDay(easterSunday(Number(date.slice(0, 4))))).toBe(date);
  },
);
