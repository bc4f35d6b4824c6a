import type { CalendarExpression } from "../schedule/calendar-expression.ts";
import { listElapses } from "../schedule/elapses.ts";
import { instantOfMillis } from "../schedule/instant.ts";
import { parseCalendar, type ParsedCalendar } from "../schedule/parse-calendar.ts";
import { readZone } from "../schedule/read-zone.ts";
import { abbreviationsAt, utc, type Zone } from "../schedule/zone.ts";
import type { Setting } from "../unit/settings.ts";
import type { LintUnit } from "./lint-unit.ts";
import { secondsOf } from "./read-settings.ts";
import type { LintContext } from "./rule.ts";

/** A moment to count from when the time is not known: a Monday. */
const someMonday = Date.UTC(2026, 0, 5);
const week = 7 * 86_400_000;

/** The directives that make a timer elapse, OnCalendar= first. */
export const triggerKeys = [
  "OnCalendar",
  "OnActiveSec",
  "OnBootSec",
  "OnStartupSec",
  "OnUnitActiveSec",
  "OnUnitInactiveSec",
] as const;

/** One OnCalendar= and what systemd makes of it. */
export type TimerCalendar = { setting: Setting; parsed: ParsedCalendar };

const calendars = new WeakMap<LintContext, WeakMap<LintUnit, TimerCalendar[]>>();

/** Every OnCalendar= of a timer; those with specifiers are left out, whose text is not known. */
export function calendarsOf(timer: LintUnit, context: LintContext): readonly TimerCalendar[] {
  let known = calendars.get(context);
  if (!known) calendars.set(context, (known = new WeakMap()));
  let list = known.get(timer);
  if (!list) known.set(timer, (list = readCalendars(timer, context)));
  return list;
}

function readCalendars(timer: LintUnit, context: LintContext): TimerCalendar[] {
  const zone = hostZone(context) ?? utc;
  const hostAbbreviations = () => abbreviationsAt(zone, (context.now ?? someMonday) / 1000);
  return timer.settings
    .all("Timer", "OnCalendar")
    .filter(({ value }) => !value.includes("%"))
    .map((setting) => ({
      setting,
      parsed: parseCalendar(setting.value, { named: readZone, hostAbbreviations }),
    }));
}

/** The expressions of a timer that systemd can read. */
function expressionsOf(timer: LintUnit, context: LintContext): CalendarExpression[] {
  return calendarsOf(timer, context).flatMap(({ parsed }) => (parsed.ok ? [parsed.value] : []));
}

/** The zone of the host's clock; null when the host is not known. */
export function hostZone({ host }: LintContext): Zone | null {
  return host && readZone(host.zone);
}

/** The shortest time in seconds between two elapses of a timer, within a week; null when it elapses once at the most. */
export function shortestGap(timer: LintUnit, context: LintContext): number | null {
  const from = context.now ?? someMonday;
  const zone = hostZone(context) ?? utc;
  const moments = expressionsOf(timer, context).flatMap((expression) =>
    listElapses(expression, instantOfMillis(from), instantOfMillis(from + week), zone, 100),
  );
  moments.sort((a, b) => a - b);
  const gaps = ["OnUnitActiveSec", "OnUnitInactiveSec"].flatMap((key) => secondsOf(timer, key) ?? []);
  for (let i = 1; i < moments.length; i += 1)
    if (moments[i]! > moments[i - 1]!) gaps.push((moments[i]! - moments[i - 1]!) / 1e6);
  return gaps.length === 0 ? null : Math.min(...gaps);
}
