import { setValue } from "../../unit/edit-unit.ts";
import type { Setting } from "../../unit/settings.ts";
import { hasUnmetCondition } from "../conditions.ts";
import { inForce, isYes } from "../in-force.ts";
import { ownSection, type LintUnit } from "../lint-unit.ts";
import { atValue, type Rule } from "../rule.ts";
import { withoutComment } from "../trailing-comment.ts";

/** Users and groups. */
export const accountRules: readonly Rule[] = [
  {
    id: "account-name",
    level: "will-not-start",
    reason: "quotes, blanks and $ belong to the name of a user or group",
    happens: "no user has that name: 217/USER, or 216/GROUP, at start",
    source: "systemd.exec(5), User=; measured on 252",
    bad: '[Service]\nExecStart=/usr/bin/bot\nUser="bot"\n',
    good: "[Service]\nExecStart=/usr/bin/bot\nUser=bot\nGroup=1000\nSupplementaryGroups=video audio\n",
    *check(unit) {
      for (const setting of accounts(unit)) {
        if (setting.key === "SupplementaryGroups") continue;
        const name = withoutComment(setting);
        if (/^[A-Za-z0-9_%][^\s"'$:/,]*$/.test(name)) continue;
        const unquoted = name.replace(/^(["'])(.*)\1$/, "$2");
        const sure = unquoted !== name && /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(unquoted);
        yield {
          ...atValue(setting.file, setting),
          says: `${JSON.stringify(name)} is no name of a ${setting.key === "User" ? "user" : "group"}`,
          ...(/[:/]/.test(name)
            ? { happens: "systemd refuses the unit: bad-setting" }
            : { happens: ending(setting) }),
          fix: sure ? `write ${setting.key}=${unquoted}` : `write the name alone: ${setting.key}=NAME`,
          ...(sure && setting.lines === 1 ? { edits: [setValue(setting.file, setting, unquoted)] } : {}),
        };
      }
    },
  },
  {
    id: "account-missing",
    level: "will-not-start",
    reason: "the user and the groups of a service must be known to the host",
    happens: "217/USER, or 216/GROUP, at start",
    needsHost: true,
    source: "systemd.exec(5), PROCESS EXIT CODES; measured on 252",
    bad: { units: { "bot.service": "[Service]\nExecStart=/usr/bin/bot\nUser=bot\n" }, host: {} },
    good: {
      units: {
        "bot.service": "[Service]\nExecStart=/usr/bin/bot\nUser=bot\nGroup=1000\n",
        "free.service": "[Service]\nExecStart=/usr/bin/free\nUser=free\nDynamicUser=yes\n",
      },
      host: { users: ["bot"] },
    },
    *check(unit, { host }) {
      const section = ownSection(unit);
      const dynamic = isYes(unit.settings.value(section, "DynamicUser"));
      for (const setting of accounts(unit)) {
        if (dynamic && setting.key !== "SupplementaryGroups") continue;
        const names =
          setting.key === "SupplementaryGroups"
            ? withoutComment(setting).split(/\s+/)
            : [withoutComment(setting)];
        const missing = names.find(
          (name) =>
            /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name) &&
            (setting.key === "User" ? host!.user(name) === null : host!.group(name) === null),
        );
        if (missing === undefined || hasUnmetCondition(unit, host!)) continue;
        yield {
          ...atValue(setting.file, setting),
          says: `there is no ${setting.key === "User" ? "user" : "group"} ${missing} on this host`,
          happens: ending(setting),
          fix:
            setting.key === "User"
              ? `make it: useradd --system ${missing}, or write DynamicUser=yes`
              : `make it: groupadd --system ${missing}`,
        };
      }
    },
  },
];

/** The accounts that count: of single values the last one. */
function accounts(unit: LintUnit): Setting[] {
  const section = ownSection(unit);
  const single = ["User", "Group"].flatMap((key) => unit.settings.last(section, key) ?? []);
  return [...single, ...inForce(unit).filter(({ key }) => key === "SupplementaryGroups")];
}

function ending({ key }: Setting): string {
  return key === "User" ? "217/USER at start" : "216/GROUP at start";
}
