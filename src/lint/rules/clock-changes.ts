import { valuesOf } from "../../schedule/field.ts";
import { fromPackage } from "../from-package.ts";
import type { CalendarExpression } from "../../schedule/calendar-expression.ts";
import { findGapSlots, findOverlaps } from "../../schedule/clock-changes.ts";
import { utc, type Zone } from "../../schedule/zone.ts";
import { setValue } from "../../unit/edit-unit.ts";
import { timerExample } from "../examples.ts";
import { atValue, type LintContext, type Rule } from "../rule.ts";
import { calendarsOf, hostZone } from "../timer-schedule.ts";

/** OnCalendar= on the days when clocks are changed. */
export const clockChangeRules: readonly Rule[] = [
  {
    id: "calendar-skipped-in-spring",
    level: "risky",
    reason: "when clocks are put forward, this time does not exist, and systemd leaves it out",
    happens: "one day a year the job does not run",
    source: "measured with systemd 252; systemd#5595",
    bad: timerExample("OnCalendar=*-*-* 02:30:00 America/New_York"),
    good: timerExample("OnCalendar=*-*-* 04:30:00 America/New_York"),
    *check(unit, context) {
      if (unit.type !== "timer") return;
      for (const { setting, parsed } of calendarsOf(unit, context)) {
        const zone = parsed.ok ? zoneOf(parsed.value, context) : null;
        if (!parsed.ok || zone === null || anyHour(parsed.value) || fromPackage(setting.file.path)) continue;
        const [gap] = findGapSlots(parsed.value, zone, yearOf(context), 2);
        if (!gap) continue;
        yield {
          ...atValue(setting.file, setting),
          says: `no run at ${gap.wall.slice(0, 16)}: clocks of ${zone.name} go from ${time(gap.change.from)} to ${time(gap.change.to)}`,
          fix: `a time before ${time(gap.change.from)} or from ${time(gap.change.to)} on, or the zone UTC`,
        };
      }
    },
  },
  {
    id: "calendar-hole-in-autumn",
    level: "risky",
    reason: "when clocks are put back, an hour comes twice, and systemd runs nothing the second time",
    happens: "one night a year an interval of minutes has a hole of more than an hour",
    source: "measured with systemd 252; systemd#8647",
    bad: timerExample("OnCalendar=*:0/15", { host: { zone: "America/New_York" } }),
    good: timerExample("OnCalendar=*:0/15 UTC", { host: { zone: "America/New_York" } }),
    *check(unit, context) {
      if (unit.type !== "timer") return;
      for (const { setting, parsed } of calendarsOf(unit, context)) {
        const zone = parsed.ok ? zoneOf(parsed.value, context) : null;
        if (!parsed.ok || zone === null || !anyHour(parsed.value) || fromPackage(setting.file.path)) continue;
        // Who runs once an hour will hardly miss one.
        if (valuesOf(parsed.value.minute, 0, 59).length < 2) continue;
        const hole = findOverlaps(parsed.value, zone, yearOf(context), 2).find(
          ({ elapses }) => elapses.length < 2,
        );
        if (!hole) continue;
        const plain =
          parsed.value.zone === null &&
          parsed.value.abbreviation === null &&
          anyDay(parsed.value) &&
          wholeHours(zone);
        yield {
          ...atValue(setting.file, setting),
          says: `no run for more than an hour on ${hole.wall.slice(0, 10)}: clocks of ${zone.name} go from ${time(hole.change.from)} back to ${time(hole.change.to)}`,
          fix: plain ? `OnCalendar=${setting.value} UTC` : "the zone UTC",
          ...(plain ? { edits: [setValue(setting.file, setting, `${setting.value} UTC`)] } : {}),
        };
      }
    },
  },
];

/** The zone that an expression goes by; null when it is not known, or never changes its clocks. */
function zoneOf({ zone }: CalendarExpression, context: LintContext): Zone | null {
  const used = zone ?? hostZone(context);
  return used === null || used === utc || used.starts.length < 2 ? null : used;
}

function yearOf({ now }: LintContext): number {
  return now === undefined ? 2026 : new Date(now).getUTCFullYear();
}

function anyHour({ hour }: CalendarExpression): boolean {
  return (
    hour.length === 0 ||
    hour.some(({ start, step, stop }) => start === 0 && step === 1 && (stop ?? 23) === 23)
  );
}

function anyDay({ weekdays, year, month, day }: CalendarExpression): boolean {
  return weekdays === null && year.length + month.length + day.length === 0;
}

/** With such zones, minutes of an hour are the same minutes in UTC. */
function wholeHours({ offsets }: Zone): boolean {
  return offsets.slice(-4).every((offset) => offset % 3600 === 0);
}

function time(wall: string): string {
  return wall.slice(11, 16);
}
