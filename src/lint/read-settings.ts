import { execKeys, parseExecLine, type ExecCommand } from "../unit/exec-line.ts";
import { readBoolean, readTimeSpan, readUnsigned } from "../unit/read-value.ts";
import type { Setting } from "../unit/settings.ts";
import { ownSection, type LintUnit } from "./lint-unit.ts";

/** A yes-or-no setting of the unit's own section; null when it is not set, or not readable. */
export function flagOf(unit: LintUnit, key: string, section = ownSection(unit)): boolean | null {
  const value = unit.settings.value(section, key);
  return value === null ? null : readBoolean(value);
}

/** A span of time in seconds; null when it is not set, or not readable. */
export function secondsOf(unit: LintUnit, key: string, section = ownSection(unit)): number | null {
  const value = unit.settings.value(section, key);
  const micros = value === null ? null : readTimeSpan(value);
  return micros === null ? null : micros / 1e6;
}

const serviceTypes = new Set([
  "simple",
  "exec",
  "forking",
  "oneshot",
  "dbus",
  "notify",
  "notify-reload",
  "idle",
]);

/** The type that a service has, by what it says or by systemd's default. */
export function serviceType(unit: LintUnit): string {
  const written = unit.settings.value("Service", "Type");
  if (written !== null && serviceTypes.has(written)) return written;
  if (unit.settings.all("Service", "ExecStart").length === 0 && !unit.partial) return "oneshot";
  return unit.settings.has("Service", "BusName") ? "dbus" : "simple";
}

/** "no" when nothing is said. */
export function restartOf(unit: LintUnit): string {
  return unit.settings.value("Service", "Restart") ?? "no";
}

/** Seconds between an end and the automatic restart; 100 ms by default. */
export function restartDelay(unit: LintUnit): number {
  return secondsOf(unit, "RestartSec") ?? 0.1;
}

/** So many starts within so many seconds, 5 in 10 s by default; null when nothing limits them. */
export function startLimit(
  unit: LintUnit,
): { burst: number; seconds: number; written: Setting | null } | null {
  const interval =
    unit.settings.last("Unit", "StartLimitIntervalSec") ??
    unit.settings.last("Unit", "StartLimitInterval") ??
    unit.settings.last("Service", "StartLimitInterval");
  const count =
    unit.settings.last("Unit", "StartLimitBurst") ?? unit.settings.last("Service", "StartLimitBurst");
  const seconds = interval === null ? 10 : (readTimeSpan(interval.value) ?? 10e6) / 1e6;
  const burst = count === null ? 5 : (readUnsigned(count.value) ?? 5);
  return seconds === 0 || burst === 0 ? null : { burst, seconds, written: interval ?? count };
}

/** Whether restarts after failures at once can use the limit up: the first and as many more as the burst must fit into the interval. */
export function limitCanTrip(unit: LintUnit): boolean {
  const limit = startLimit(unit);
  return limit !== null && restartDelay(unit) * limit.burst < limit.seconds;
}

/** A command of the unit, and where it is written. */
export type UnitCommand = { setting: Setting; command: ExecCommand };

const commands = new WeakMap<LintUnit, Map<string, UnitCommand[]>>();

/** The commands of one directive such as ExecStart=. Many rules look at them: they are read once. */
export function commandsOf(unit: LintUnit, key: string): readonly UnitCommand[] {
  let byKey = commands.get(unit);
  if (!byKey) commands.set(unit, (byKey = new Map()));
  let list = byKey.get(key);
  if (!list) {
    list = unit.settings
      .all(ownSection(unit), key)
      .flatMap((setting) => parseExecLine(setting.value).commands.map((command) => ({ setting, command })));
    byKey.set(key, list);
  }
  return list;
}

/** Every command of the unit, of all Exec directives. */
export function everyCommand(unit: LintUnit): (UnitCommand & { key: string })[] {
  return execKeys.flatMap((key) => commandsOf(unit, key).map((one) => ({ ...one, key })));
}

/** Seconds for people: "100 ms", "30 s", "5 min", "6 h". */
export function spanText(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds % 86_400 === 0) return `${seconds / 86_400} d`;
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  if (seconds % 60 === 0) return `${seconds / 60} min`;
  return `${Number(seconds.toFixed(3))} s`;
}

/** Why restarts after failures never come to an end. */
export function whyEndless(unit: LintUnit): string {
  const limit = startLimit(unit);
  return limit === null
    ? "there is no limit of starts"
    : `${limit.burst} starts in ${spanText(limit.seconds)} never come together with ${spanText(restartDelay(unit))} between them`;
}
