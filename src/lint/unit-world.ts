import type { LintUnit } from "./lint-unit.ts";
import type { LintContext } from "./rule.ts";

/** The units of a run, and where to look for others; `elsewhere` is asked for a unit that is not among them. */
export function lintContext(
  units: readonly LintUnit[],
  {
    systemd,
    host,
    elsewhere,
    strays = [],
    now,
  }: Pick<LintContext, "systemd" | "host" | "strays" | "now"> & {
    elsewhere?: (name: string) => LintUnit | null;
  },
): LintContext {
  const byName = new Map(units.map((unit) => [unit.name, unit]));
  return {
    systemd,
    host,
    units,
    strays,
    ...(now === undefined ? {} : { now }),
    unit: (name) => byName.get(name) ?? byName.get(templateOf(name) ?? "") ?? elsewhere?.(name) ?? null,
  };
}

/** "bot@x.service" -> "bot@.service"; null when there is no instance. */
export function templateOf(name: string): string | null {
  const at = name.indexOf("@");
  const dot = name.lastIndexOf(".");
  return at === -1 || at + 1 === dot ? null : `${name.slice(0, at + 1)}${name.slice(dot)}`;
}
