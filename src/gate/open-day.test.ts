import { expect, test } from "vitest";
import { openDay } from "./open-day.ts";

const exchange = { base: "XNYS", closed: [], half: {} };

test("a job without a calendar may run on any day", () => {
  expect(openDay({ calendar: null }, "2026-12-25")).toEqual({ open: true });
});

test("holidays and weekends of an exchange are closed, and say why", () => {
  expect(openDay({ calendar: exchange }, "2026-11-26")).toMatchObject({
    open: false,
    why: expect.stringMatching(/thanksgiving/i),
  });
  expect(openDay({ calendar: exchange }, "2026-11-28")).toMatchObject({ open: false });
});

test("a half day is open", () => {
  expect(openDay({ calendar: exchange }, "2026-11-27")).toEqual({ open: true });
});

test("declared dates go on top of the known ones", () => {
  const declared = { ...exchange, closed: ["2026-11-24"], half: { "2026-11-25": "13:00" } };
  expect(openDay({ calendar: declared }, "2026-11-24")).toMatchObject({ open: false });
  expect(openDay({ calendar: declared }, "2026-11-25")).toEqual({ open: true });
  expect(openDay({ calendar: declared }, "2026-11-26")).toMatchObject({ open: false });
});

test("a year that the data does not reach is not guessed", () => {
  const japan = { base: "XTKS", closed: [], half: {} };
  expect(openDay({ calendar: japan }, "2199-05-06")).toMatchObject({ open: "unknown" });
});

test("a calendar that nobody knows is not guessed either", () => {
  expect(openDay({ calendar: { base: "XMOON", closed: [], half: {} } }, "2026-11-24")).toEqual({
    open: "unknown",
    why: "there is no calendar named XMOON",
  });
});
