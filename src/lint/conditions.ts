import type { HostFacts } from "../host/facts.ts";
import type { Setting } from "../unit/settings.ts";
import { inForce } from "./in-force.ts";
import type { LintUnit } from "./lint-unit.ts";

/** A condition about a path; `known` when what the host has decides it. */
export type PathCondition = {
  setting: Setting;
  path: string;
  met: boolean;
  triggering: boolean;
  known: boolean;
};

/** The conditions and assertions about paths, and whether the host meets them. */
export function pathConditions(unit: LintUnit, host: HostFacts): PathCondition[] {
  return inForce(unit).flatMap((setting): PathCondition[] => {
    const test = /^(?:Condition|Assert)(PathExists|PathIsDirectory|FileNotEmpty|FileIsExecutable)$/.exec(
      setting.key,
    )?.[1];
    const [, flags, path] = /^([|!]*)\s*(\/.*)$/.exec(setting.value) ?? [];
    if (test === undefined || path === undefined) return [];
    // Only systemd knows what %v stands for: such a condition may always be unmet.
    if (path.includes("%"))
      return [{ setting, path, met: false, triggering: flags!.includes("|"), known: false }];
    const holds = meets(test, path, host);
    return [
      {
        setting,
        path,
        met: flags!.includes("!") ? !holds : holds,
        triggering: flags!.includes("|"),
        known: true,
      },
    ];
  });
}

/** Whether a unit is passed over on this host, as far as its conditions about paths tell. */
export function hasUnmetCondition(unit: LintUnit, host: HostFacts): boolean {
  const all = pathConditions(unit, host);
  const triggering = all.filter((one) => one.triggering);
  if (all.some(({ met, triggering: one }) => !one && !met)) return true;
  return (
    triggering.length > 0 && triggering.every(({ met }) => !met) && !hasOtherTriggers(unit, triggering.length)
  );
}

function hasOtherTriggers(unit: LintUnit, count: number): boolean {
  return (
    inForce(unit).filter(({ key, value }) => /^(Condition|Assert)/.test(key) && value.startsWith("|"))
      .length > count
  );
}

function meets(test: string, path: string, host: HostFacts): boolean {
  const fact = host.path(path);
  if (fact === null) return false;
  if (test === "PathExists") return true;
  if (test === "PathIsDirectory") return fact.kind === "directory";
  if (test === "FileNotEmpty") return fact.kind === "file" && fact.size > 0;
  return fact.kind === "file" && (fact.mode & 0o111) !== 0;
}
