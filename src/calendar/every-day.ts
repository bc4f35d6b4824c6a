import type { Day, TradingCalendar } from "./calendar.ts";
import { dayNumber, firstDate, lastDate } from "./iso-date.ts";
import { ruleCalendar } from "./rule-calendar.ts";

const always = { zone: null, validFrom: firstDate, validUntil: lastDate };
const openAllDay: Day = { open: true };

/** For markets that never close, such as those of crypto currencies. */
export const aroundTheClock: TradingCalendar = {
  ...always,
  name: "24x7",
  source: "open every day",
  day(date) {
    dayNumber(date); // refuses what is no date, as every other calendar does
    return openAllDay;
  },
};

/** Monday to Friday, with no holidays at all. */
export const weekdays = ruleCalendar({
  ...always,
  name: "weekdays",
  source: "Monday to Friday",
  specialDays: () => [],
});
