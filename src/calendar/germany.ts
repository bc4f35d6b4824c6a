import { easterSunday } from "./easter.ts";
import { dayOf } from "./iso-date.ts";
import { ruleCalendar } from "./rule-calendar.ts";
import { halfDay, holiday, holidaysOnce, weekdayOnOrBefore, type SpecialDay } from "./special-day.ts";

/** What is a holiday in all sixteen states: https://www.gesetze-im-internet.de/einigvtr/art_2.html and their own laws. */
export const germany = ruleCalendar({
  name: "DE",
  zone: "Europe/Berlin",
  validFrom: "2015-01-01",
  validUntil: "2030-12-31",
  source:
    "holidays common to the laws of all German states as they stand; those of single states are not in it",
  specialDays: (year) => [
    ...commonHolidays(year),
    holiday(easterSunday(year) + 39, "Ascension Day"),
    whitMonday(year),
    unityDay(year),
    ...holidaysOnce(reformation, year),
  ],
});

/** Xetra, the Frankfurt Stock Exchange's electronic market: https://www.xetra.com/xetra-en/newsroom/trading-calendar */
export const xetra = ruleCalendar({
  name: "XETR",
  zone: "Europe/Berlin",
  validFrom: "2015-01-01",
  // Deutsche Börse lists 2029 too, "changes for future years are not excluded".
  validUntil: "2028-12-31",
  source:
    "Deutsche Börse's trading calendars, the last up to 2029; the short last trading day is announced each " +
    "December and has been the same every year since 2015",
  specialDays: (year) => [
    ...commonHolidays(year),
    ...(year <= 2021 ? [whitMonday(year), unityDay(year)] : []),
    ...holidaysOnce(reformation, year),
    holiday(dayOf(year, 12, 24), "Christmas Eve"),
    halfDay(weekdayOnOrBefore(dayOf(year, 12, 30)), "14:00", "last trading day of the year"),
    holiday(dayOf(year, 12, 31), "New Year's Eve"),
  ],
});

const reformation = { "2017-10-31": "500 years of Reformation" };

function commonHolidays(year: number): SpecialDay[] {
  const easter = easterSunday(year);
  return [
    holiday(dayOf(year, 1, 1), "New Year's Day"),
    holiday(easter - 2, "Good Friday"),
    holiday(easter + 1, "Easter Monday"),
    holiday(dayOf(year, 5, 1), "Labour Day"),
    holiday(dayOf(year, 12, 25), "Christmas Day"),
    holiday(dayOf(year, 12, 26), "Second Day of Christmas"),
  ];
}

function whitMonday(year: number): SpecialDay {
  return holiday(easterSunday(year) + 50, "Whit Monday");
}

function unityDay(year: number): SpecialDay {
  return holiday(dayOf(year, 10, 3), "German Unity Day");
}
