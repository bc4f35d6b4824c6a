import { formatCalendar } from "../../schedule/format-calendar.ts";
import { instantOfMillis } from "../../schedule/instant.ts";
import { nextElapse } from "../../schedule/next-elapse.ts";
import { closeSteps, unitLosingSlots } from "../../schedule/open-steps.ts";
import { readZone } from "../../schedule/read-zone.ts";
import { utc } from "../../schedule/zone.ts";
import { setValue } from "../../unit/edit-unit.ts";
import { timerExample } from "../examples.ts";
import { atValue, type Rule } from "../rule.ts";
import { calendarsOf, hostZone, triggerKeys } from "../timer-schedule.ts";

/** OnCalendar=: what systemd makes of it. */
export const calendarRules: readonly Rule[] = [
  {
    id: "calendar-unreadable",
    level: "will-not-start",
    reason: "this is no calendar event as systemd knows it",
    happens: "systemd ignores the line; a timer without another one is refused",
    source: "systemd.time(7); systemd-analyze calendar",
    bad: timerExample("OnCalendar=*/5 * * * *"),
    good: timerExample("OnCalendar=*:0/5 UTC"),
    *check(unit, context) {
      if (unit.type !== "timer") return;
      const calendars = calendarsOf(unit, context);
      const others =
        calendars.some(({ parsed }) => parsed.ok) ||
        triggerKeys.some((key) => key !== "OnCalendar" && unit.settings.all("Timer", key).length > 0);
      for (const { setting, parsed } of calendars) {
        if (parsed.ok || zonesUnknown(setting.value) || isPlaceholder(setting.value)) continue;
        const at = Math.min(parsed.at, Math.max(0, setting.value.length - 1));
        yield {
          ...atValue(setting.file, setting, { start: at, end: setting.value.length }),
          says: `systemd cannot read OnCalendar=${setting.value}: ${unreadable(setting.value, parsed.expected)}`,
          fix: rewritten(setting.value),
          ...(others ? { level: "will-not-do-what-it-says" as const } : {}),
        };
      }
    },
  },
  {
    id: "calendar-never",
    level: "will-not-do-what-it-says",
    reason: "there is no such day, or none to come",
    happens: "the timer never elapses; systemd-analyze calendar says never, and verify nothing",
    source: "measured with systemd 252",
    bad: timerExample("OnCalendar=*-02-30 06:00"),
    good: timerExample("OnCalendar=*-*~01 06:00"),
    *check(unit, context) {
      if (unit.type !== "timer") return;
      const zone = hostZone(context) ?? utc;
      for (const { setting, parsed } of calendarsOf(unit, context)) {
        if (!parsed.ok) continue;
        const ever = nextElapse(parsed.value, instantOfMillis(0), zone) !== null;
        if (
          ever &&
          (context.now === undefined || nextElapse(parsed.value, instantOfMillis(context.now), zone) !== null)
        )
          continue;
        yield {
          ...atValue(setting.file, setting),
          says: `OnCalendar=${setting.value} ${ever ? "lies in the past" : "never comes"}`,
          fix: ever
            ? "a date to come, or * for the year"
            : "a day that exists; *-*~01 is the last one of each month",
        };
      }
    },
  },
  {
    id: "calendar-hours-for-minutes",
    level: "will-not-do-what-it-says",
    reason: "what stands before the first colon is the hour: 00/5:00 is every 5 hours, from midnight on",
    happens: "the job runs a few times a day instead of every few minutes",
    source: "systemd.time(7)",
    bad: timerExample("OnCalendar=00/5:00"),
    good: timerExample("OnCalendar=*:00/5 UTC"),
    *check(unit) {
      if (unit.type !== "timer") return;
      for (const setting of unit.settings.all("Timer", "OnCalendar")) {
        const step = oddHours(setting.value);
        if (step === null) continue;
        yield {
          ...atValue(setting.file, setting),
          says: `OnCalendar=${setting.value} is every ${step} hours, and starts anew at midnight`,
          fix: `*:00/${step} for every ${step} minutes`,
          // 5, 10, 15 and 20 are what people write for minutes.
          ...(step % 5 === 0 ? {} : { level: "risky" as const }),
        };
      }
    },
  },
  {
    id: "calendar-loses-slots",
    level: "will-not-do-what-it-says",
    reason: "systemd 252 to 258 lose a time after a step that does not come out even",
    happens: "the first time of the next hour or day is left out",
    source: "systemd#40260",
    bad: timerExample("OnCalendar=*:0/25 UTC"),
    good: timerExample("OnCalendar=*:0,25,50 UTC"),
    *check(unit, context) {
      if (unit.type !== "timer" || context.systemd > 258) return;
      for (const { setting, parsed } of calendarsOf(unit, context)) {
        // What was meant there are minutes.
        if (oddHours(setting.value) !== null) continue;
        const lost = parsed.ok ? unitLosingSlots(parsed.value) : null;
        if (!parsed.ok || lost === null) continue;
        const closed = formatCalendar(closeSteps(parsed.value));
        yield {
          ...atValue(setting.file, setting),
          says: `OnCalendar=${setting.value} loses its first time after each ${lost}`,
          fix: `OnCalendar=${closed}`,
          edits: [setValue(setting.file, setting, closed)],
        };
      }
    },
  },
];

/** The step of "00/5:00", when a day is no multiple of it; null for other expressions. */
function oddHours(value: string): number | null {
  const step = Number(/(?:^|\s)0{1,2}\/(\d{1,2}):0{1,2}(?::0{1,2})?(?=\s|$)/.exec(value)?.[1] ?? 0);
  return step === 0 || step > 23 || 24 % step === 0 ? null : step;
}

/** A place in a template of someone's own, which is filled in before systemd reads it. */
function isPlaceholder(value: string): boolean {
  return /@\w+@|\{\{|\$\{|<%|__\w+__|<[A-Za-z_ ]+>/.test(value);
}

/** Where no zones are installed nothing can be said about names of zones. */
function zonesUnknown(value: string): boolean {
  return /\s[A-Z]\w+\/[\w/+-]+$/.test(value) && readZone("Europe/Berlin") === null;
}

const cronField = String.raw`[\d*/,a-z-]+`;
const cron = new RegExp(String.raw`^${cronField}(\s+${cronField}){4}$`, "i");

function unreadable(value: string, expected: string): string {
  if (/\s#/.test(value)) return "a comment behind a value is part of the value";
  if (cron.test(value)) return "this is the syntax of cron";
  if (/(^|\s|,|\.\.)(2[4-9]|[3-9]\d):\d\d/.test(value)) return "there is no such hour";
  if (/^(every|each)\b/i.test(value)) return "it is no calendar event";
  return `expected ${expected}`;
}

function rewritten(value: string): string {
  if (/\s#/.test(value)) return "put the comment on a line of its own";
  const everyMinutes = /^\*\/(\d+) \* \* \* \*$/.exec(value)?.[1];
  if (everyMinutes !== undefined) return `OnCalendar=*:0/${everyMinutes} UTC`;
  const daily = /^(\d+) (\d+) \* \* \*$/.exec(value);
  if (daily) return `OnCalendar=*-*-* ${daily[2]!.padStart(2, "0")}:${daily[1]!.padStart(2, "0")}`;
  return "weekday, date, time and zone, such as Mon..Fri *-*-* 08:00:00 Europe/Berlin; try it with systemd-analyze calendar";
}
