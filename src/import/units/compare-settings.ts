import type { Artifact } from "../../compile/artifact.ts";
import { parseUnit } from "../../unit/parse-unit.ts";
import { canonical } from "./canonical.ts";
import { inForce, type InForce } from "./in-force.ts";
import type { Named } from "./taking.ts";

/** One directive that means something else in the compiled unit. */
export type SettingChange = {
  unit: string;
  directive: Named;
  before: readonly string[];
  after: readonly string[];
};

export type Compared = { app: string; systemd: number; zone: string; holdfast: string };

/** What systemd does where nothing is written (systemd.service(5), systemd.exec(5), systemd.unit(5)). */
const byDefault: Readonly<Record<string, string>> = {
  "Service.KillSignal": "SIGTERM",
  "Service.KillMode": "control-group",
  "Service.Restart": "no",
  "Service.WorkingDirectory": "/",
  "Unit.StartLimitIntervalSec": "10s",
  "Unit.StartLimitBurst": "5",
  "Timer.Persistent": "no",
};

/**
 * Compares what a unit said with what its compiled unit says, directive by directive, by meaning and not by spelling. What
 * Holdfast adds to record failures and runs is no difference; docs/import.md lists it.
 */
export function compareSettings(before: InForce, artifact: Artifact, of: Compared): SettingChange[] {
  const unit = artifact.unit!;
  const type = unit.slice(unit.lastIndexOf(".") + 1);
  const fragment = parseUnit(artifact.path, artifact.text);
  const after = inForce({ name: unit, type, fragment, own: [], shared: [] }, of.systemd);
  const names = new Map<string, Named>();
  for (const force of [before, after])
    for (const [section, keys] of force.sections)
      for (const key of keys.keys()) names.set(`${section}.${key}`, [section, key]);
  return [...names.values()].flatMap((name): SettingChange[] => {
    const was = valuesOf(before, name, type, of);
    const is = withoutAdditions(valuesOf(after, name, type, of), was, name, type, of);
    return canonical(...name, was) === canonical(...name, is)
      ? []
      : [{ unit, directive: name, before: was, after: is }];
  });
}

function valuesOf(force: InForce, [section, key]: Named, type: string, of: Compared): string[] {
  const found =
    force.sections
      .get(section)
      ?.get(key)
      ?.map(({ value }) => value) ?? [];
  if (section === "Service" && key === "Type" && found.length === 0)
    return [force.sections.get("Service")?.has("BusName") ? "dbus" : "simple"];
  if (key === "OnCalendar") return found.map((time) => withZone(time, of.zone));
  const usual = byDefault[`${section}.${key}`];
  return found.length === 0 && usual !== undefined && !(type === "timer" && section === "Unit")
    ? [usual]
    : found;
}

function withZone(time: string, zone: string): string {
  return / (UTC|[A-Z][A-Za-z_]+\/[A-Za-z_/+-]+)$/.test(time) ? time : `${time} ${zone}`;
}

function withoutAdditions(
  values: readonly string[],
  before: readonly string[],
  [, key]: Named,
  type: string,
  { app, holdfast }: Compared,
): string[] {
  const isHook = (value: string): boolean =>
    / (gate|record-run) /.test(value) && value.includes(` ${holdfast} `);
  return values.flatMap((value): string[] => {
    if (key === "OnFailure") {
      const words = value.split(" ").filter((word) => !word.startsWith(`${app}-give-up@`));
      return words.length === 0 ? [] : [words.join(" ")];
    }
    if ((key === "ExecCondition" || key === "ExecStopPost") && isHook(value)) return [];
    if (key === "UnsetEnvironment" && value.startsWith("LD_PRELOAD LD_AUDIT ")) return [];
    if (key === "RestartMode" && before.length === 0) return [];
    if (type !== "timer" || before.length > 0) return [value];
    // A timer without these does the same.
    return key === "Description" || key === "Unit" ? [] : [value];
  });
}
