import { describe, expect, test } from "vitest";
import type { TradingCalendar } from "./calendar.ts";
import { countryHolidays, tradingCalendar } from "./known-calendars.ts";
import { specialDaysBetween } from "./trading-days.ts";

type Published = readonly [year: number, closed: string, half: string];

/** Weekdays on which nothing is traded, and short days, as month-day; in the exchanges' own lists weekends count too. */
function daysOf(calendar: TradingCalendar, year: number): Published {
  const special = [...specialDaysBetween(calendar, `${year}-01-01`, `${year}-12-31`)];
  const listed = (open: boolean) =>
    special.flatMap(({ date, day }) => (day.open === open ? [date.slice(5)] : [])).join(" ");
  return [year, listed(false), listed(true)];
}

function closingTimes(calendar: TradingCalendar, year: number): (string | undefined)[] {
  const special = [...specialDaysBetween(calendar, `${year}-01-01`, `${year}-12-31`)];
  return special.flatMap(({ day }) => (day.open === true ? [day.closes] : []));
}

// NYSE Group's yearly announcements, each for three years:
// 2026-2028 https://mondovisione.com/media-and-resources/news/nyse-group-announces-2026-2027-and-2028-holiday-and-early-closings-calendar-20251223/
// 2025-2027 https://mondovisione.com/media-and-resources/news/nyse-group-announces-2025-2026-and-2027-holiday-and-early-closings-calendar/
// 2021-2023 https://www.gurufocus.com/news/1319512/nyse-group-announces-2021-2022-and-2023-holiday-and-early-closings-calendar
// Earlier: https://wallstreetdiary.blogspot.com/2013/03/nyse-holiday-schedule.html, http://www.profitconfidential.com/stock-market-holidays/
const newYork: readonly Published[] = [
  [2015, "01-01 01-19 02-16 04-03 05-25 07-03 09-07 11-26 12-25", "11-27 12-24"],
  [2016, "01-01 01-18 02-15 03-25 05-30 07-04 09-05 11-24 12-26", "11-25"],
  [2017, "01-02 01-16 02-20 04-14 05-29 07-04 09-04 11-23 12-25", "07-03 11-24"],
  [2018, "01-01 01-15 02-19 03-30 05-28 07-04 09-03 11-22 12-05 12-25", "07-03 11-23 12-24"],
  [2019, "01-01 01-21 02-18 04-19 05-27 07-04 09-02 11-28 12-25", "07-03 11-29 12-24"],
  [2020, "01-01 01-20 02-17 04-10 05-25 07-03 09-07 11-26 12-25", "11-27 12-24"],
  [2021, "01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24", "11-26"],
  [2022, "01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26", "11-25"],
  [2023, "01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25", "07-03 11-24"],
  [2024, "01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25", "07-03 11-29 12-24"],
  [2025, "01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25", "07-03 11-28 12-24"],
  [2026, "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25", "11-27 12-24"],
  [2027, "01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24", "11-26"],
  [2028, "01-17 02-21 04-14 05-29 06-19 07-04 09-04 11-23 12-25", "07-03 11-24"],
];

// Closed: https://www.gov.uk/bank-holidays, England and Wales. Half days: the exchange's business days, retold at
// https://ryt9.com/en/hol/205628 (2018), https://stock-market-holidays.org/?p=232 (2015, and 28 December), and
// https://ts2.tech/en/uk-stock-market-holiday-schedule-london-stock-exchange-hours-for-christmas-2025-and-new-years-day-2026
const london: readonly Published[] = [
  [2015, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28", "12-24 12-31"],
  [2016, "01-01 03-25 03-28 05-02 05-30 08-29 12-26 12-27", "12-23 12-30"],
  [2017, "01-02 04-14 04-17 05-01 05-29 08-28 12-25 12-26", "12-22 12-29"],
  [2018, "01-01 03-30 04-02 05-07 05-28 08-27 12-25 12-26", "12-24 12-31"],
  [2019, "01-01 04-19 04-22 05-06 05-27 08-26 12-25 12-26", "12-24 12-31"],
  [2020, "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28", "12-24 12-31"],
  [2021, "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28", "12-24 12-31"],
  [2022, "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27", "12-23 12-30"],
  [2023, "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26", "12-22 12-29"],
  [2024, "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26", "12-24 12-31"],
  [2025, "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26", "12-24 12-31"],
  [2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28", "12-24 12-31"],
  [2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28", "12-24 12-31"],
  [2028, "01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26", "12-22 12-29"],
];

// 2024-2029 http://www.deutsche-boerse-cash-market.com/dbcm-en/newsroom/trading-calendar
// 2020 https://www.boerse-frankfurt.de/en/know-how/trading-calendar
// 2017 http://www.boerse-frankfurt.de/inhalt/grundlagen-marktplaetze-handelskalender2017
// 2016 https://photaq.com/page/pic/43603/dax_handelskalender_fur_2016_ist_online_gehandelt_wird_an_de
// Last day until 14:00: https://www.ariva.de/amp/boersen-zwischen-den-jahren-so-laeuft-der-handel-ende-rsf-11842771 (2025)
const xetra: readonly Published[] = [
  [2015, "01-01 04-03 04-06 05-01 05-25 12-24 12-25 12-31", "12-30"],
  [2016, "01-01 03-25 03-28 05-16 10-03 12-26", "12-30"],
  [2017, "04-14 04-17 05-01 06-05 10-03 10-31 12-25 12-26", "12-29"],
  [2018, "01-01 03-30 04-02 05-01 05-21 10-03 12-24 12-25 12-26 12-31", "12-28"],
  [2019, "01-01 04-19 04-22 05-01 06-10 10-03 12-24 12-25 12-26 12-31", "12-30"],
  [2020, "01-01 04-10 04-13 05-01 06-01 12-24 12-25 12-31", "12-30"],
  [2021, "01-01 04-02 04-05 05-24 12-24 12-31", "12-30"],
  [2022, "04-15 04-18 12-26", "12-30"],
  [2023, "04-07 04-10 05-01 12-25 12-26", "12-29"],
  [2024, "01-01 03-29 04-01 05-01 12-24 12-25 12-26 12-31", "12-30"],
  [2025, "01-01 04-18 04-21 05-01 12-24 12-25 12-26 12-31", "12-30"],
  [2026, "01-01 04-03 04-06 05-01 12-24 12-25 12-31", "12-30"],
  [2027, "01-01 03-26 03-29 12-24 12-31", "12-30"],
  [2028, "04-14 04-17 05-01 12-25 12-26", "12-29"],
];

// https://www.jpx.co.jp/english/corporate/about-jpx/calendar/, retold year by year at
// 2016 https://www.ryt9.com/en/hol/181170, 2017 https://www.stockmarketclock.com/exchanges/jpx/market-holidays/2017,
// 2019 https://www.jpx.co.jp/english/announce/market-holidays.html (the ten days),
// 2022-2023 https://market24hclock.com/Trading-Hours/Tokyo-Stock-Exchange-JPX-Market-Holidays-Schedule,
// 2024-2025 https://www.jpx.co.jp/derivatives/rules/holidaytrading/index.html,
// 2027 https://news.livedoor.com/article/detail/30496293/ (the Cabinet Office's list)
const tokyo: readonly Published[] = [
  [
    2015,
    "01-01 01-02 01-12 02-11 04-29 05-04 05-05 05-06 07-20 09-21 09-22 09-23 10-12 11-03 11-23 12-23 12-31",
    "",
  ],
  [
    2016,
    "01-01 01-11 02-11 03-21 04-29 05-03 05-04 05-05 07-18 08-11 09-19 09-22 10-10 11-03 11-23 12-23",
    "",
  ],
  [2017, "01-02 01-03 01-09 03-20 05-03 05-04 05-05 07-17 08-11 09-18 10-09 11-03 11-23", ""],
  [
    2018,
    "01-01 01-02 01-03 01-08 02-12 03-21 04-30 05-03 05-04 07-16 09-17 09-24 10-08 11-23 12-24 12-31",
    "",
  ],
  [
    2019,
    "01-01 01-02 01-03 01-14 02-11 03-21 04-29 04-30 05-01 05-02 05-03 05-06 07-15 08-12 09-16 09-23 10-14 10-22 11-04 12-31",
    "",
  ],
  [
    2020,
    "01-01 01-02 01-03 01-13 02-11 02-24 03-20 04-29 05-04 05-05 05-06 07-23 07-24 08-10 09-21 09-22 10-01 11-03 11-23 12-31",
    "",
  ],
  [
    2021,
    "01-01 01-11 02-11 02-23 04-29 05-03 05-04 05-05 07-22 07-23 08-09 09-20 09-23 11-03 11-23 12-31",
    "",
  ],
  [
    2022,
    "01-03 01-10 02-11 02-23 03-21 04-29 05-03 05-04 05-05 07-18 08-11 09-19 09-23 10-10 11-03 11-23",
    "",
  ],
  [2023, "01-02 01-03 01-09 02-23 03-21 05-03 05-04 05-05 07-17 08-11 09-18 10-09 11-03 11-23", ""],
  [
    2024,
    "01-01 01-02 01-03 01-08 02-12 02-23 03-20 04-29 05-03 05-06 07-15 08-12 09-16 09-23 10-14 11-04 12-31",
    "",
  ],
  [
    2025,
    "01-01 01-02 01-03 01-13 02-11 02-24 03-20 04-29 05-05 05-06 07-21 08-11 09-15 09-23 10-13 11-03 11-24 12-31",
    "",
  ],
  [
    2026,
    "01-01 01-02 01-12 02-11 02-23 03-20 04-29 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 11-03 11-23 12-31",
    "",
  ],
  [
    2027,
    "01-01 01-11 02-11 02-23 03-22 04-29 05-03 05-04 05-05 07-19 08-11 09-20 09-23 10-11 11-03 11-23 12-31",
    "",
  ],
];

describe.each([
  ["XNYS", newYork, "13:00"],
  ["XNAS", newYork, "13:00"],
  ["XLON", london, "12:30"],
  ["XETR", xetra, "14:00"],
  ["XTKS", tokyo, undefined],
])("%s keeps its published days", (name, published, closes) => {
  const calendar = tradingCalendar(name)!;

  test.each(published)("%i", (year, closed, half) => {
    expect(daysOf(calendar, year)).toEqual([year, closed, half]);
    for (const time of closingTimes(calendar, year)) expect(time).toBe(closes);
  });

  test("and every year of its data is in the table", () => {
    expect(calendar.validFrom).toBe(`${published[0]![0]}-01-01`);
    expect(calendar.validUntil).toBe(`${published.at(-1)![0]}-12-31`);
  });
});

test("the number of trading days in New York", () => {
  const counts = newYork.map(([year, closed]) => {
    const days = Temporal.PlainDate.from(`${year}-01-01`).daysInYear;
    const dates = Array.from({ length: days }, (_, day) =>
      Temporal.PlainDate.from(`${year}-01-01`).add({ days: day }),
    );
    const weekdays = dates.filter((date) => date.dayOfWeek <= 5).length;
    const open = dates.filter((date) => tradingCalendar("XNYS")!.day(date).open === true).length;
    expect(open).toBe(weekdays - closed.split(" ").length);
    return open;
  });
  expect(counts).toEqual([252, 252, 251, 251, 252, 253, 252, 251, 250, 252, 250, 251, 251, 251]);
});

// US: https://www.opm.gov/policy-data-oversight/pay-leave/federal-holidays/, DE: the laws named in germany.ts
test.each<[string, number, string]>([
  ["US", 2020, "01-01 01-20 02-17 05-25 07-03 09-07 10-12 11-11 11-26 12-25"],
  ["US", 2021, "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"],
  ["US", 2022, "01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26"],
  ["US", 2023, "01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25"],
  ["US", 2026, "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25"],
  ["US", 2028, "01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25"],
  ["DE", 2017, "04-14 04-17 05-01 05-25 06-05 10-03 10-31 12-25 12-26"],
  ["DE", 2024, "01-01 03-29 04-01 05-01 05-09 05-20 10-03 12-25 12-26"],
  ["DE", 2026, "01-01 04-03 04-06 05-01 05-14 05-25 12-25"],
  [
    "JP",
    2026,
    "01-01 01-12 02-11 02-23 03-20 04-29 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 11-03 11-23",
  ],
  ...london.map(([year, closed]): [string, number, string] => ["GB", year, closed]),
])("public holidays of %s in %i", (country, year, closed) => {
  expect(daysOf(countryHolidays(country)!, year)).toEqual([year, closed, ""]);
});
