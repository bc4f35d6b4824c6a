import { easterSunday } from "./easter.ts";
import { dayOf, lastWeekday, nthWeekday, weekday } from "./iso-date.ts";
import { ruleCalendar } from "./rule-calendar.ts";
import { halfDay, holiday, holidaysOnce, observedNearby, type SpecialDay } from "./special-day.ts";

/** Federal holidays (5 U.S.C. 6103), without those of single districts and without days off by executive order. */
export const unitedStates = ruleCalendar({
  name: "US",
  zone: null,
  validFrom: "2015-01-01",
  validUntil: "2030-12-31",
  source: "5 U.S.C. 6103 as it stands, with the dates the Office of Personnel Management lists",
  specialDays: (year) => [
    observedNearby(dayOf(year, 1, 1), "New Year's Day"),
    ...sharedHolidays(year),
    ...(year >= 2021 ? [juneteenth(year)] : []),
    holiday(nthWeekday(year, 10, 1, 2), "Columbus Day"),
    observedNearby(dayOf(year, 11, 11), "Veterans Day"),
    // 1 January 2028 is a Saturday, so 31 December 2027 is a holiday.
    observedNearby(dayOf(year + 1, 1, 1), "New Year's Day"),
  ],
});

const newYorkSessions = {
  zone: "America/New_York",
  validFrom: "2015-01-01",
  validUntil: "2028-12-31",
  specialDays: newYorkDays,
};

/** New York Stock Exchange, from its published calendar: https://www.nyse.com/markets/hours-calendars */
export const newYork = ruleCalendar({
  ...newYorkSessions,
  name: "XNYS",
  source:
    "NYSE Group's Holiday and Early Closings Calendars, the last for 2026, 2027 and 2028 (December 2025); " +
    "NYSE Rule 7.2",
});

/** Nasdaq, which has kept the same days as the New York Stock Exchange: https://www.nasdaqtrader.com/trader.aspx?id=calendar */
export const nasdaq = ruleCalendar({
  ...newYorkSessions,
  name: "XNAS",
  source:
    "Nasdaq's holiday schedules, each for the coming year; beyond them the calendar of NYSE Group up to 2028, " +
    "from which Nasdaq has not differed since 2015",
});

const mourning: Readonly<Record<string, string>> = {
  "2018-12-05": "National Day of Mourning for George H. W. Bush",
  "2025-01-09": "National Day of Mourning for Jimmy Carter",
};

function newYorkDays(year: number): SpecialDay[] {
  const newYear = dayOf(year, 1, 1);
  const closesEarly = (month: number, day: number, note: string): SpecialDay[] => {
    const on = dayOf(year, month, day);
    // On a Friday the holiday itself is observed; before a Sunday or Monday holiday nothing closes early.
    return weekday(on) <= 4 ? [halfDay(on, "13:00", note)] : [];
  };
  return [
    // Rule 7.2: a Friday that ends a month or a year stays a trading day, though its Saturday is a holiday.
    ...(weekday(newYear) === 6 ? [] : [observedNearby(newYear, "New Year's Day")]),
    holiday(easterSunday(year) - 2, "Good Friday"),
    ...sharedHolidays(year),
    ...(year >= 2022 ? [juneteenth(year)] : []),
    ...holidaysOnce(mourning, year),
    ...closesEarly(7, 3, "day before Independence Day"),
    halfDay(nthWeekday(year, 11, 4, 4) + 1, "13:00", "day after Thanksgiving"),
    ...closesEarly(12, 24, "Christmas Eve"),
  ];
}

function sharedHolidays(year: number): SpecialDay[] {
  return [
    holiday(nthWeekday(year, 1, 1, 3), "Martin Luther King Jr. Day"),
    holiday(nthWeekday(year, 2, 1, 3), "Washington's Birthday"),
    holiday(lastWeekday(year, 5, 1), "Memorial Day"),
    observedNearby(dayOf(year, 7, 4), "Independence Day"),
    holiday(nthWeekday(year, 9, 1, 1), "Labor Day"),
    holiday(nthWeekday(year, 11, 4, 4), "Thanksgiving Day"),
    observedNearby(dayOf(year, 12, 25), "Christmas Day"),
  ];
}

function juneteenth(year: number): SpecialDay {
  return observedNearby(dayOf(year, 6, 19), "Juneteenth");
}
