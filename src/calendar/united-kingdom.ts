import { easterSunday } from "./easter.ts";
import { dayNumber, dayOf, isWeekend, lastWeekday, nthWeekday, weekday } from "./iso-date.ts";
import { ruleCalendar } from "./rule-calendar.ts";
import { halfDay, holiday, holidaysOnce, weekdayOnOrBefore, type SpecialDay } from "./special-day.ts";

const known = { zone: "Europe/London", validFrom: "2015-01-01", validUntil: "2028-12-31" };

/** Bank holidays of England and Wales: https://www.gov.uk/bank-holidays */
export const unitedKingdom = ruleCalendar({
  ...known,
  name: "GB",
  source: "bank holidays in England and Wales as published on GOV.UK up to 2028 (November 2025)",
  specialDays: bankHolidays,
});

/** London Stock Exchange: https://www.londonstockexchange.com/equities-trading/business-days */
export const london = ruleCalendar({
  ...known,
  name: "XLON",
  source:
    "the London Stock Exchange's business days: closed on bank holidays in England and Wales, published on GOV.UK " +
    "up to 2028 (November 2025), half days before Christmas and New Year as every year since 2015",
  specialDays: (year) => [
    ...bankHolidays(year),
    halfDay(weekdayOnOrBefore(dayOf(year, 12, 24)), "12:30", "last day before Christmas"),
    halfDay(weekdayOnOrBefore(dayOf(year, 12, 31)), "12:30", "last day before New Year"),
  ],
});

const proclaimed: Readonly<Record<string, string>> = {
  "2022-06-03": "Platinum Jubilee of Elizabeth II",
  "2022-09-19": "State Funeral of Elizabeth II",
  "2023-05-08": "Coronation of Charles III",
};

/** Holidays that a royal proclamation moved, by their rule's date: VE Day in 2020, the jubilee in 2022. */
const moved: Readonly<Record<string, string>> = { "2020-05-04": "2020-05-08", "2022-05-30": "2022-06-02" };
const movedTo = new Map(Object.entries(moved).map(([from, to]) => [dayNumber(from), dayNumber(to)]));

function bankHolidays(year: number): SpecialDay[] {
  const easter = easterSunday(year);
  const mayDay = nthWeekday(year, 5, 1, 1);
  const spring = lastWeekday(year, 5, 1);
  return [
    newYearsDay(year),
    holiday(easter - 2, "Good Friday"),
    holiday(easter + 1, "Easter Monday"),
    holiday(movedTo.get(mayDay) ?? mayDay, "Early May bank holiday"),
    holiday(movedTo.get(spring) ?? spring, "Spring bank holiday"),
    holiday(lastWeekday(year, 8, 1), "Summer bank holiday"),
    inLieu(year, 25, "Christmas Day"),
    inLieu(year, 26, "Boxing Day"),
    ...holidaysOnce(proclaimed, year),
  ];
}

function newYearsDay(year: number): SpecialDay {
  const on = dayOf(year, 1, 1);
  return isWeekend(on)
    ? holiday(on + 8 - weekday(on), "New Year's Day (substitute)")
    : holiday(on, "New Year's Day");
}

/** Two days on: with both on a weekend the two substitutes are Monday and Tuesday, and neither lands on the other. */
function inLieu(year: number, day: number, name: string): SpecialDay {
  const on = dayOf(year, 12, day);
  return isWeekend(on) ? holiday(on + 2, `${name} (substitute)`) : holiday(on, name);
}
