import type { Edit } from "../../unit/edit-unit.ts";
import type { LintUnit } from "../lint-unit.ts";
import { atValue, type LintContext, type Rule } from "../rule.ts";
import { isUnitName, systemTargets, unitListKeys, unitsNamed } from "../unit-names.ts";

/** Names of units that are none. */
export const unitNameRules: readonly Rule[] = [
  {
    id: "no-unit-name",
    level: "will-not-do-what-it-says",
    reason: "the name of a unit has its kind at the end, such as .service, and names are separated by spaces",
    happens: "systemd ignores the name: the unit is neither ordered nor started nor stopped with this one",
    source: "systemd.unit(5)",
    bad: "[Unit]\nAfter=postgresql\n\n[Service]\nExecStart=/usr/bin/bot\n",
    good: "[Unit]\nAfter=postgresql.service redis.service\n\n[Service]\nExecStart=/usr/bin/bot\n",
    *check(unit, context) {
      for (const key of unitListKeys)
        for (const { setting, written, start, end } of unitsNamed(unit, key)) {
          // A comment behind a value is told by the rule for comments.
          if (setting.value.slice(0, start).includes("#") || written.startsWith("#")) continue;
          if (isUnitName(written.replace(/%./g, "x"))) continue;
          yield {
            ...atValue(setting.file, setting, { start, end }),
            says: `${key}=${written}: this is no name of a unit`,
            ...nameFix(written, atValue(setting.file, setting, { start, end }), unit, context),
          };
        }
    },
  },
  {
    id: "install-no-unit-name",
    level: "will-not-do-what-it-says",
    reason: "the name of a unit has its kind at the end, such as .target, and names are separated by spaces",
    happens: "systemctl enable fails, and the unit is not started at boot",
    source: "measured with systemd 252",
    bad: "[Service]\nExecStart=/usr/bin/bot\n\n[Install]\nWantedBy=multi-user\n",
    good: "[Service]\nExecStart=/usr/bin/bot\n\n[Install]\nWantedBy=multi-user.target\n",
    *check(unit, context) {
      for (const key of ["WantedBy", "RequiredBy", "UpheldBy", "Also"])
        for (const { setting, written, start, end } of unitsNamed(unit, key, "Install")) {
          if (setting.value.slice(0, start).includes("#") || written.startsWith("#")) continue;
          if (isUnitName(written.replace(/%./g, "x"))) continue;
          yield {
            ...atValue(setting.file, setting, { start, end }),
            says: `${key}=${written}: this is no name of a unit`,
            ...nameFix(written, atValue(setting.file, setting, { start, end }), unit, context),
          };
        }
    },
  },
];

/** What can be meant: a target of systemd by that name, a service that is there, or several names with commas between them. */
function nameFix(
  written: string,
  { start, end }: { start: number; end: number },
  unit: LintUnit,
  context: LintContext,
): { fix: string; edits?: Edit[] } {
  const parts = written.split(",").filter((part) => part !== "");
  const complete = parts.map((part) => completed(part, unit, context));
  const sure = complete.every((part) => part !== null) && parts.length > 0;
  const text = complete.map((part, index) => part ?? `${parts[index]}.service`).join(" ");
  if (!/^[\w.@:\\%, -]+$/.test(text))
    return { fix: "write the full name of the unit, such as postgresql.service" };
  return { fix: `write ${text}`, ...(sure ? { edits: [{ start, end, text }] } : {}) };
}

function completed(part: string, { scope }: LintUnit, context: LintContext): string | null {
  if (isUnitName(part)) return part;
  if (scope === "system" && systemTargets.has(`${part}.target`)) return `${part}.target`;
  const service = `${part}.service`;
  return isUnitName(service) && (context.unit(service) !== null || context.host?.hasUnit(service))
    ? service
    : null;
}
