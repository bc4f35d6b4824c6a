const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * The OnCalendar= for "every so many milliseconds": in UTC, where no hour is left out or comes twice, and with steps that come out even, since
 * systemd.time(7) starts them anew with each minute, hour and day. null where no such expression is that regular.
 */
export function intervalToCalendar(everyMillis: number): string | null {
  if (!Number.isInteger(everyMillis) || everyMillis <= 0) return null;
  if (everyMillis === 7 * day) return "Mon *-*-* 00:00:00 UTC";
  if (everyMillis === day) return "*-*-* 00:00:00 UTC";
  if (divides(everyMillis, hour, day)) return `*-*-* ${step(everyMillis / hour)}:00:00 UTC`;
  if (divides(everyMillis, minute, hour)) return `*-*-* *:${step(everyMillis / minute)}:00 UTC`;
  if (minute % everyMillis !== 0) return null;
  return `*-*-* *:*:${step(everyMillis / second)} UTC`;
}

function divides(millis: number, unit: number, whole: number): boolean {
  return millis < whole && millis % unit === 0 && whole % millis === 0;
}

/** In the form systemd-analyze(1) calls normalized. */
function step(count: number): string {
  if (count === 1) return "*";
  // systemd takes a step of a whole minute in seconds for out of range.
  if (count === 60) return "00";
  return `00/${Number.isInteger(count) ? count : count.toFixed(6)}`;
}
