import type { LintUnit } from "./lint-unit.ts";
import { readBoolean } from "../unit/read-value.ts";
import type { LintContext } from "./rule.ts";
import { fillIn, stemOf } from "./unit-names.ts";

/** The unit that a timer, path or socket starts; null for another kind of unit, or when its name is not known. */
export function triggeredBy(unit: LintUnit): string | null {
  const { settings, type, name } = unit;
  if (type === "timer" || type === "path") {
    const section = type === "timer" ? "Timer" : "Path";
    const written = settings.value(section, "Unit");
    return written === null ? `${stemOf(name)}.service` : fillIn(written, unit);
  }
  if (type !== "socket") return null;
  const written = settings.value("Socket", "Service");
  if (written !== null) return fillIn(written, unit);
  const each = readBoolean(settings.value("Socket", "Accept") ?? "no") === true;
  return `${stemOf(name)}${each ? "@" : ""}.service`;
}

const known = new WeakMap<LintContext, Map<string, LintUnit[]>>();

/** The timers, paths and sockets that start a unit: those of the run, and the one of the same name elsewhere. */
export function triggersOf(unit: LintUnit, context: LintContext): readonly LintUnit[] {
  let byTarget = known.get(context);
  if (!byTarget) {
    byTarget = new Map();
    for (const other of context.units) {
      const target = triggeredBy(other);
      if (target === null || other.masked) continue;
      const list = byTarget.get(target);
      if (list) list.push(other);
      else byTarget.set(target, [other]);
    }
    known.set(context, byTarget);
  }
  const inRun = byTarget.get(unit.name);
  if (inRun) return inRun.filter(({ scope }) => scope === unit.scope);
  return ["timer", "path", "socket"].flatMap((type) => {
    const other = context.unit(`${stemOf(unit.name)}.${type}`);
    return other && !other.masked && triggeredBy(other) === unit.name ? [other] : [];
  });
}

/** The timers that start a service. */
export function timersOf(unit: LintUnit, context: LintContext): readonly LintUnit[] {
  return unit.type === "service" ? triggersOf(unit, context).filter(({ type }) => type === "timer") : [];
}

/** The service that a timer starts, where it is known. */
export function timedService(timer: LintUnit, context: LintContext): LintUnit | null {
  const name = timer.type === "timer" ? triggeredBy(timer) : null;
  const service = name === null ? null : context.unit(name);
  return service && !service.masked && service.type === "service" ? service : null;
}
