import { Settings } from "../unit/settings.ts";
import type { UnitFile } from "../unit/unit-file.ts";

export type UnitScope = "system" | "user";

/** A unit under the eyes of the rules: its files in the order of effect, and what they say together. */
export type LintUnit = {
  /** With its suffix, such as "bot.service", "bot@.service" or "bot@x.timer". */
  name: string;
  /** "service", "timer", ... */
  type: string;
  scope: UnitScope;
  /** True for "bot@.service": specifiers of the instance are not known. */
  template: boolean;
  settings: Settings;
  /** Links to /dev/null, or an empty file: systemd will not start it, on purpose. */
  masked: boolean;
  /** Only a drop-in is known, not the unit that it changes: what is not written may still be set. */
  partial?: boolean;
};

/** Puts a unit together from its fragment and drop-ins, in the order of effect. */
export function lintUnit(
  name: string,
  scope: UnitScope,
  files: readonly UnitFile[],
  masked = false,
): LintUnit {
  const stem = name.slice(0, name.lastIndexOf("."));
  return {
    name,
    type: name.slice(name.lastIndexOf(".") + 1),
    scope,
    template: stem.endsWith("@"),
    settings: new Settings(files),
    masked,
  };
}

/** The section of a unit's own type, such as "Service". */
export function ownSection({ type }: LintUnit): string {
  return type[0]!.toUpperCase() + type.slice(1);
}
