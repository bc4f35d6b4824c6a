import { addToSection } from "../../unit/edit-unit.ts";
import { fromPackage } from "../from-package.ts";
import { flagOf, serviceType } from "../read-settings.ts";
import { atValue, type LintContext, type Rule } from "../rule.ts";
import { timersOf } from "../triggers.ts";
import { isUnitName, namesUnit, unitsNamed } from "../unit-names.ts";

const needing = ["Requires", "BindsTo", "Requisite"] as const;

/** What a unit needs, and what it waits for. */
export const dependencyRules: readonly Rule[] = [
  {
    id: "requires-without-after",
    level: "risky",
    reason: "Requires= starts the other unit, but at the same time as this one",
    happens: "the service may run before what it requires is there",
    source: "systemd.unit(5)",
    bad: "[Unit]\nRequires=redis.service\n\n[Service]\nExecStart=/usr/bin/bot\n",
    good: "[Unit]\nRequires=redis.service\nAfter=redis.service\n\n[Service]\nExecStart=/usr/bin/bot\n",
    *check(unit, context) {
      if (unit.type !== "service" || unit.partial) return;
      for (const key of ["Requires", "BindsTo"])
        for (const { setting, name, start, end } of unitsNamed(unit, key)) {
          if (
            name === null ||
            !name.endsWith(".service") ||
            !isUnitName(name) ||
            fromPackage(setting.file.path)
          )
            continue;
          if (namesUnit(unit, ["After", "Before"], name)) continue;
          const other = context.unit(name);
          if (other && namesUnit(other, ["After", "Before"], unit.name)) continue;
          yield {
            ...atValue(setting.file, setting, { start, end }),
            says: `${key}=${name} without After=${name}: both start at once`,
            fix: `After=${name}`,
            edits: [addToSection(setting.file, "Unit", [`After=${name}`])],
          };
        }
    },
  },
  {
    id: "requires-runs-again",
    level: "risky",
    reason: "a oneshot service that is done is not active, so that whoever requires it starts it again",
    happens: "it runs once more at each start of this unit",
    source: "measured with systemd 252: 3 starts, 3 runs",
    bad: {
      units: {
        "bot.service":
          "[Unit]\nRequires=prepare.service\nAfter=prepare.service\n\n[Service]\nExecStart=/usr/bin/bot\n",
        "prepare.service": "[Service]\nType=oneshot\nTimeoutStartSec=1min\nExecStart=/usr/bin/prepare\n",
      },
    },
    good: {
      units: {
        "bot.service":
          "[Unit]\nRequires=prepare.service\nAfter=prepare.service\n\n[Service]\nExecStart=/usr/bin/bot\n",
        "prepare.service":
          "[Service]\nType=oneshot\nRemainAfterExit=yes\nTimeoutStartSec=1min\nExecStart=/usr/bin/prepare\n",
      },
    },
    *check(unit, context) {
      if (unit.type !== "service") return;
      for (const key of ["Requires", "BindsTo", "Wants"])
        for (const { setting, name, start, end } of unitsNamed(unit, key)) {
          const other = name === null ? null : context.unit(name);
          if (!other || other.template || !endsWhenDone(other)) continue;
          const timed = timersOf(other, context).length > 0;
          // Wants= of a step that prepares is the usual way to have it run each time.
          if (key === "Wants" ? !timed : fromPackage(setting.file.path) && !timed) continue;
          yield {
            ...atValue(setting.file, setting, { start, end }),
            says: timed
              ? `${key}=${name} runs that job again at each start, whether it has run today or not`
              : `${key}=${name} runs again at each start: it is oneshot and does not stay active`,
            fix: timed
              ? `take ${key}= out, and have the program ask whether the job has been done`
              : `RemainAfterExit=yes in ${name}, if once is enough`,
            ...(timed && key !== "Wants" ? { level: "will-not-do-what-it-says" as const } : {}),
          };
        }
    },
  },
  {
    id: "requisite-of-oneshot",
    level: "will-not-start",
    reason: "Requisite= wants the other unit to be active, and a oneshot service that is done is not",
    happens: "the start fails each time, although the other one has ended well",
    source: "measured with systemd 252",
    bad: {
      units: {
        "trade.service":
          "[Unit]\nRequisite=check.service\nAfter=check.service\n\n[Service]\nType=oneshot\nTimeoutStartSec=10min\nExecStart=/usr/bin/trade\n",
        "check.service": "[Service]\nType=oneshot\nTimeoutStartSec=5min\nExecStart=/usr/bin/check\n",
      },
    },
    good: {
      units: {
        "trade.service":
          "[Service]\nType=oneshot\nTimeoutStartSec=10min\nExecCondition=/usr/bin/check-was-done\nExecStart=/usr/bin/trade\n",
        "check.service": "[Service]\nType=oneshot\nTimeoutStartSec=5min\nExecStart=/usr/bin/check\n",
      },
    },
    *check(unit, context) {
      for (const { setting, name, start, end } of unitsNamed(unit, "Requisite")) {
        const other = name === null ? null : context.unit(name);
        if (!other || !endsWhenDone(other)) continue;
        yield {
          ...atValue(setting.file, setting, { start, end }),
          says: `Requisite=${name} is never fulfilled: it is oneshot and not active once it is done`,
          fix: "an ExecCondition= that looks for what the other job has left behind",
        };
      }
    },
  },
  {
    id: "required-unit-missing",
    level: "will-not-start",
    needsHost: true,
    reason: "a required unit that does not exist cannot be started, so that this one is not either",
    happens: '"Unit not found": the start fails',
    source: "systemd.unit(5)",
    bad: {
      units: {
        "bot.service":
          "[Unit]\nRequires=redis.service\nAfter=redis.service\n\n[Service]\nExecStart=/usr/bin/bot\n",
      },
      host: {},
    },
    good: {
      units: {
        "bot.service":
          "[Unit]\nRequires=redis.service\nAfter=redis.service\n\n[Service]\nExecStart=/usr/bin/bot\n",
      },
      host: { units: ["redis.service"] },
    },
    *check(unit, context) {
      for (const key of needing)
        for (const { setting, name, start, end } of unitsNamed(unit, key)) {
          if (name === null || !isUnitName(name) || /\.(device|scope|slice|mount|swap)$/.test(name)) continue;
          if (unit.scope === "user" && !userUnitKnown(name)) continue;
          if (context.unit(name) !== null || context.host!.hasUnit(name) || hasAlias(context, name)) continue;
          yield {
            ...atValue(setting.file, setting, { start, end }),
            says: `${key}=${name}: this host has no such unit`,
            fix: "install it; or Wants= when the service can do without it",
          };
        }
    },
  },
];

/** Whether a unit of the run gets this name when it is enabled. */
function hasAlias({ units }: LintContext, name: string): boolean {
  return units.some((unit) => unitsNamed(unit, "Alias", "Install").some((one) => one.name === name));
}

/** Generated units of a desktop session are not seen from outside it. */
function userUnitKnown(name: string): boolean {
  return !/^(app-|dbus-|xdg-|graphical-)/.test(name);
}

function endsWhenDone(unit: Parameters<typeof serviceType>[0]): boolean {
  return (
    unit.type === "service" &&
    !unit.partial &&
    serviceType(unit) === "oneshot" &&
    flagOf(unit, "RemainAfterExit") !== true
  );
}
