import { fromPackage } from "../from-package.ts";
import { serviceType } from "../read-settings.ts";
import { atValue, type Rule } from "../rule.ts";
import { timersOf } from "../triggers.ts";
import { unitsNamed } from "../unit-names.ts";

/** Jobs of a timer that a target starts as well. */
export const bootJobRules: readonly Rule[] = [
  {
    id: "job-wanted-at-boot",
    level: "will-not-do-what-it-says",
    reason: "a service that a timer starts is a job; WantedBy= starts it at each boot as well",
    happens: "once enabled, the job runs at every boot, whatever the time",
    bad: {
      units: {
        "trade.timer":
          "[Timer]\nOnCalendar=Mon..Fri 08:00 UTC\nAccuracySec=1s\n\n[Install]\nWantedBy=timers.target\n",
        "trade.service":
          "[Service]\nType=oneshot\nTimeoutStartSec=10min\nExecStart=/usr/bin/trade\n\n[Install]\nWantedBy=multi-user.target\n",
      },
    },
    good: {
      units: {
        "trade.timer":
          "[Timer]\nOnCalendar=Mon..Fri 08:00 UTC\nAccuracySec=1s\n\n[Install]\nWantedBy=timers.target\n",
        "trade.service": "[Service]\nType=oneshot\nTimeoutStartSec=10min\nExecStart=/usr/bin/trade\n",
      },
    },
    *check(unit, context) {
      if (unit.type !== "service" || unit.partial) return;
      const [timer] = timersOf(unit, context);
      if (!timer) return;
      const wanted = unitsNamed(unit, "WantedBy", "Install").find(
        ({ name }) => name !== null && atBoot.test(name),
      );
      if (!wanted || fromPackage(wanted.setting.file.path)) return;
      const calendarOnly =
        timer.settings.has("Timer", "OnCalendar") &&
        !["OnBootSec", "OnStartupSec", "OnActiveSec", "OnUnitActiveSec"].some((key) =>
          timer.settings.has("Timer", key),
        );
      yield {
        ...atValue(wanted.setting.file, wanted.setting, wanted),
        says: `${timer.name} starts this job, and WantedBy=${wanted.name} starts it at each boot as well`,
        fix: "take the [Install] section out, and enable the timer; OnBootSec= in the timer if a run at boot is meant",
        ...(calendarOnly && serviceType(unit) === "oneshot" ? {} : { level: "risky" as const }),
      };
    },
  },
  {
    id: "service-wanted-by-timers",
    level: "risky",
    reason: "timers.target starts what it wants at boot; only a timer waits for its time",
    happens: "the service runs at each boot, not on a schedule",
    bad: "[Service]\nType=oneshot\nTimeoutStartSec=1h\nExecStart=/usr/bin/backup\n\n[Install]\nWantedBy=timers.target\n",
    good: "[Service]\nType=oneshot\nTimeoutStartSec=1h\nExecStart=/usr/bin/backup\n",
    *check(unit) {
      if (unit.type !== "service") return;
      for (const wanted of unitsNamed(unit, "WantedBy", "Install"))
        if (wanted.name === "timers.target")
          yield {
            ...atValue(wanted.setting.file, wanted.setting, wanted),
            says: "WantedBy=timers.target in a service runs it at boot",
            fix: "put it into the [Install] section of the timer",
          };
    },
  },
];

const atBoot = /^(multi-user|graphical|default|basic|sysinit|timers|network-online|local-fs)\.target$/;
