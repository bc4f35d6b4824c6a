import { dayNumber, dayOf, nthWeekday, weekday, type DayNumber } from "./iso-date.ts";
import { ruleCalendar } from "./rule-calendar.ts";
import { holiday, holidaysOnce, type SpecialDay } from "./special-day.ts";

// The Cabinet Office announces a year's holidays, with its equinoxes, in February of the year before.
const known = { zone: "Asia/Tokyo", validFrom: "2015-01-01", validUntil: "2027-12-31" };

/** National holidays: https://www8.cao.go.jp/chosei/shukujitsu/gaiyou.html */
export const japan = ruleCalendar({
  ...known,
  name: "JP",
  source: "Act on National Holidays (1948, No. 178) and the Cabinet Office's list for 2027 (February 2026)",
  specialDays: daysOff,
});

/** Tokyo Stock Exchange: https://www.jpx.co.jp/english/corporate/about-jpx/calendar/ */
export const tokyo = ruleCalendar({
  ...known,
  name: "XTKS",
  source:
    "Japan Exchange Group's market holidays: national holidays, announced by the Cabinet Office up to 2027 " +
    "(February 2026), and 31 December to 3 January",
  specialDays: (year) => [
    ...[2, 3].map((day) => holiday(dayOf(year, 1, day), "New Year market holiday")),
    holiday(dayOf(year, 12, 31), "year-end market holiday"),
    ...daysOff(year),
    ...holidaysOnce({ "2020-10-01": "no trading all day after a system failure" }, year),
  ],
});

/** Article 3: national holidays, the next free day for one on a Sunday, and a day between two of them. */
function daysOff(year: number): SpecialDay[] {
  const named = new Map(nationalHolidays(year));
  const days: SpecialDay[] = [];
  for (const [on, name] of named) {
    days.push(holiday(on, name));
    if (weekday(on) === 7) days.push(holiday(firstFree(on, named), `${name} (substitute)`));
    else if (!named.has(on + 1) && named.has(on + 2)) days.push(holiday(on + 1, "Citizens' Holiday"));
  }
  return days;
}

function firstFree(from: DayNumber, taken: ReadonlyMap<DayNumber, string>): DayNumber {
  let day = from;
  while (taken.has(day)) day++;
  return day;
}

function nationalHolidays(year: number): [DayNumber, string][] {
  const games = olympicMoves[year];
  return [
    [dayOf(year, 1, 1), "New Year's Day"],
    [nthWeekday(year, 1, 1, 2), "Coming of Age Day"],
    [dayOf(year, 2, 11), "National Foundation Day"],
    ...emperorsBirthday(year),
    [vernalEquinox(year), "Vernal Equinox Day"],
    [dayOf(year, 4, 29), "Showa Day"],
    [dayOf(year, 5, 3), "Constitution Memorial Day"],
    [dayOf(year, 5, 4), "Greenery Day"],
    [dayOf(year, 5, 5), "Children's Day"],
    [games ? dayNumber(games.marine) : nthWeekday(year, 7, 1, 3), "Marine Day"],
    ...mountainDay(year, games?.mountain),
    [nthWeekday(year, 9, 1, 3), "Respect for the Aged Day"],
    [autumnalEquinox(year), "Autumnal Equinox Day"],
    [games ? dayNumber(games.sports) : nthWeekday(year, 10, 1, 2), "Sports Day"],
    [dayOf(year, 11, 3), "Culture Day"],
    [dayOf(year, 11, 23), "Labor Thanksgiving Day"],
    ...(year === 2019 ? accession : []),
  ];
}

/** By the special measures acts for the Tokyo Games, which were held a year late. */
const olympicMoves: Readonly<Record<number, { marine: string; sports: string; mountain: string }>> = {
  2020: { marine: "2020-07-23", sports: "2020-07-24", mountain: "2020-08-10" },
  2021: { marine: "2021-07-22", sports: "2021-07-23", mountain: "2021-08-08" },
};

/** Holidays of 2019 alone; the days around 1 May became holidays by standing between two. */
const accession: [DayNumber, string][] = [
  [dayNumber("2019-05-01"), "Accession Day"],
  [dayNumber("2019-10-22"), "Enthronement Ceremony Day"],
];

function emperorsBirthday(year: number): [DayNumber, string][] {
  if (year === 2019) return [];
  return [[year < 2019 ? dayOf(year, 12, 23) : dayOf(year, 2, 23), "Emperor's Birthday"]];
}

function mountainDay(year: number, moved: string | undefined): [DayNumber, string][] {
  if (year < 2016) return [];
  return [[moved === undefined ? dayOf(year, 8, 11) : dayNumber(moved), "Mountain Day"]];
}

/** Shinkoyomi Benricho's approximations, which agree with the National Astronomical Observatory for 1980 to 2099. */
function vernalEquinox(year: number): DayNumber {
  return dayOf(year, 3, equinox(20.8431, year));
}

function autumnalEquinox(year: number): DayNumber {
  return dayOf(year, 9, equinox(23.2488, year));
}

function equinox(in1980: number, year: number): number {
  const years = year - 1980;
  return Math.floor(in1980 + 0.242194 * years) - Math.floor(years / 4);
}
