/**
 * A date and time of day on a wall clock. Fields may be out of range until a clock has normalised them, as in mktime(3);
 * `month` counts from 1, `daylight` says whether daylight saving time is meant: null means "whichever is in force".
 */
export type CivilTime = {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  daylight: boolean | null;
};

const secondsPerDay = 86_400;
// Eras of 400 years have the same number of days; years run from March here, so that the leap day comes last.
const daysPerEra = 146_097;
const daysBefore1970 = 719_468;

/** The day number of a date in the proleptic Gregorian calendar, 1970-01-01 being 0. `month` must be in range, `day` need not be. */
export function dayNumber(year: number, month: number, day: number): number {
  const fromMarch = month > 2 ? year : year - 1;
  const era = Math.floor(fromMarch / 400);
  const yearOfEra = fromMarch - era * 400;
  const monthFromMarch = month > 2 ? month - 3 : month + 9;
  const dayOfYear = ((153 * monthFromMarch + 2) / 5) | 0;
  const dayOfEra = yearOfEra * 365 + (yearOfEra >> 2) - ((yearOfEra / 100) | 0) + dayOfYear;
  return era * daysPerEra + dayOfEra + day - 1 - daysBefore1970;
}

/** Sets the date of `civil` from a day number; the inverse of dayNumber. */
function setDate(civil: CivilTime, days: number): void {
  const shifted = days + daysBefore1970;
  const era = Math.floor(shifted / daysPerEra);
  const dayOfEra = shifted - era * daysPerEra;
  const leapDays = ((dayOfEra / 1460) | 0) - ((dayOfEra / 36_524) | 0) + ((dayOfEra / 146_096) | 0);
  const yearOfEra = ((dayOfEra - leapDays) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + (yearOfEra >> 2) - ((yearOfEra / 100) | 0));
  const monthFromMarch = ((5 * dayOfYear + 2) / 153) | 0;
  civil.day = dayOfYear - (((153 * monthFromMarch + 2) / 5) | 0) + 1;
  civil.month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  civil.year = yearOfEra + era * 400 + (civil.month <= 2 ? 1 : 0);
}

/** Seconds since 1970-01-01 00:00:00 on the same wall clock, were it never changed; fields may be out of range. */
export function wallSeconds(civil: CivilTime): number {
  const { year, month } = civil;
  const carry = month < 1 || month > 12 ? Math.floor((month - 1) / 12) : 0;
  const days = dayNumber(year + carry, month - carry * 12, civil.day);
  return days * secondsPerDay + civil.hour * 3600 + civil.minute * 60 + civil.second;
}

/** Sets date and time of `civil` from seconds on its wall clock; the inverse of wallSeconds. */
export function setWallSeconds(civil: CivilTime, seconds: number): void {
  const days = Math.floor(seconds / secondsPerDay);
  const rest = seconds - days * secondsPerDay;
  setDate(civil, days);
  civil.hour = (rest / 3600) | 0;
  civil.minute = ((rest / 60) | 0) % 60;
  civil.second = rest % 60;
}

export function daysInMonth(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** 0 for Monday to 6 for Sunday. */
export function weekdayOf(days: number): number {
  return (((days + 3) % 7) + 7) % 7;
}

export function copyCivil(from: CivilTime, to: CivilTime): void {
  to.year = from.year;
  to.month = from.month;
  to.day = from.day;
  to.hour = from.hour;
  to.minute = from.minute;
  to.second = from.second;
  to.daylight = from.daylight;
}
