import { readBoolean } from "../../unit/read-value.ts";
import { fromPackage } from "../from-package.ts";
import type { LintUnit } from "../lint-unit.ts";
import { atKey, atValue, type Rule } from "../rule.ts";
import { timedService } from "../triggers.ts";

/** Jobs that run later than they were to. */
export const lateJobRules: readonly Rule[] = [
  {
    id: "late-catch-up",
    level: "risky",
    reason: "Persistent= makes up for a missed run as soon as the host is up, however late that is",
    happens: "what was to happen at 08:00 happens in the evening, or on a Sunday",
    source: "measured with systemd 252: fired within 2 s",
    bad: {
      units: {
        "paper-trading.timer":
          "[Timer]\nOnCalendar=Mon..Fri 08:00:00 America/Chicago\nAccuracySec=1s\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n",
        "paper-trading.service": "[Service]\nType=oneshot\nTimeoutStartSec=10min\nExecStart=/usr/bin/trade\n",
      },
    },
    good: {
      units: {
        "paper-trading.timer":
          "[Timer]\nOnCalendar=Mon..Fri 08:00:00 America/Chicago\nAccuracySec=1s\n\n[Install]\nWantedBy=timers.target\n",
        "paper-trading.service": "[Service]\nType=oneshot\nTimeoutStartSec=10min\nExecStart=/usr/bin/trade\n",
      },
    },
    *check(unit, context) {
      if (unit.type !== "timer" || !isMoneyOrMail(unit, timedService(unit, context))) return;
      const persistent = unit.settings.last("Timer", "Persistent");
      if (!persistent || readBoolean(persistent.value) !== true || !unit.settings.has("Timer", "OnCalendar"))
        return;
      yield {
        ...atKey(persistent.file, persistent),
        says: "Persistent=true on a job that is bound to its time: a missed run is made up for at any hour",
        fix: "take Persistent= out; or an ExecCondition= that refuses a run that is too late",
      };
    },
  },
  {
    id: "late-by-accuracy",
    level: "risky",
    reason: "a timer may elapse up to AccuracySec= later, one minute unless it is set",
    happens: "the job runs up to a minute late",
    source: "systemd.timer(5)",
    bad: {
      units: {
        "open.timer":
          "[Timer]\nOnCalendar=Mon..Fri 09:29:45 America/New_York\n\n[Install]\nWantedBy=timers.target\n",
        "open.service": "[Service]\nType=oneshot\nTimeoutStartSec=10min\nExecStart=/usr/bin/trade\n",
      },
    },
    good: {
      units: {
        "open.timer":
          "[Timer]\nOnCalendar=Mon..Fri 09:29:45 America/New_York\nAccuracySec=1s\n\n[Install]\nWantedBy=timers.target\n",
        "open.service": "[Service]\nType=oneshot\nTimeoutStartSec=10min\nExecStart=/usr/bin/trade\n",
      },
    },
    *check(unit, context) {
      if (unit.type !== "timer" || unit.partial || unit.settings.has("Timer", "AccuracySec")) return;
      if (unit.settings.has("Timer", "RandomizedDelaySec")) return;
      const moneyed = isMoneyOrMail(
        unit,
        timedService(unit, context),
        /(^|[-_./ ])(trad|order|market|rebalanc)/i,
      );
      for (const setting of unit.settings.all("Timer", "OnCalendar")) {
        const exact =
          /:\d\d:(?!00\b)\d\d(\s|$)/.test(setting.value) || (moneyed && /\d:\d\d/.test(setting.value));
        if (!exact || fromPackage(setting.file.path)) continue;
        yield {
          ...atValue(setting.file, setting),
          says: `${setting.value} may come up to a minute late`,
          fix: "AccuracySec=1s",
        };
      }
    },
  },
];

/** Jobs that do harm when they run at the wrong time, by their names. */
function isMoneyOrMail(timer: LintUnit, service: LintUnit | null, words = boundToTime): boolean {
  const texts = [timer, service].flatMap((unit) =>
    unit ? [unit.name, unit.settings.value("Unit", "Description") ?? ""] : [],
  );
  return texts.some((text) => words.test(text));
}

const boundToTime =
  /(^|[-_./ ])(trad(e|es|ing|er)|orders?|market|rebalanc\w*|pay(out|roll|ments?)|invoic\w*|newsletter|reminders?)([-_./ ]|$)/i;
