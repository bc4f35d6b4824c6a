import type { ExecCommand } from "../unit/exec-line.ts";
import { execKeys, parseExecLine } from "../unit/exec-line.ts";
import type { Setting } from "../unit/settings.ts";
import type { LintUnit } from "./lint-unit.ts";

/** One command of a unit, and where it stands. */
export type UnitCommand = { setting: Setting; key: string; command: ExecCommand };

const settingsOf = new WeakMap<LintUnit, readonly Setting[]>();
const commandsOf = new WeakMap<LintUnit, readonly UnitCommand[]>();
const executes: ReadonlySet<string> = new Set(execKeys);

/** What a unit says after its drop-ins: every assignment that no later empty one takes back, and no empty one. */
export function inForce(unit: LintUnit): readonly Setting[] {
  const known = settingsOf.get(unit);
  if (known) return known;
  const { settings } = unit;
  const all = settings.sections.flatMap((section) =>
    settings.keys(section).flatMap((key) => settings.all(section, key)),
  );
  settingsOf.set(unit, all);
  return all;
}

/** Every command that a unit would run; those of lines that systemd cannot split are left out. */
export function unitCommands(unit: LintUnit): readonly UnitCommand[] {
  const known = commandsOf.get(unit);
  if (known) return known;
  const all = inForce(unit)
    .filter(({ key }) => executes.has(key))
    .flatMap((setting) => {
      const { commands, unclosed } = parseExecLine(setting.value);
      return unclosed ? [] : commands.map((command) => ({ setting, key: setting.key, command }));
    });
  commandsOf.set(unit, all);
  return all;
}

/** Whether a directive stands for command lines. */
export function isCommandKey(key: string): boolean {
  return executes.has(key);
}

/** "/usr/bin/node" -> "node". */
export function programName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Whether a value is one of systemd's words for yes. */
export function isYes(value: string | null): boolean {
  return value !== null && /^(1|yes|y|true|t|on)$/i.test(value);
}

/** The assignment of [Service] that counts; null for a unit of another kind. */
export function serviceSetting(unit: LintUnit, key: string): Setting | null {
  return unit.type === "service" ? unit.settings.last("Service", key) : null;
}

/** Of the same mistake in one line so many are told: whoever has more sees that by these, and a line may have thousands of words. */
export const mostOfLine = 20;
