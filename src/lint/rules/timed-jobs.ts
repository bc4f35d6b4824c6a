import { removeLine } from "../../unit/edit-unit.ts";
import { timerExample } from "../examples.ts";
import { fromPackage } from "../from-package.ts";
import {
  flagOf,
  limitCanTrip,
  restartDelay,
  restartOf,
  secondsOf,
  serviceType,
  spanText,
  startLimit,
} from "../read-settings.ts";
import { atKey, atValue, type Rule } from "../rule.ts";
import { shortestGap } from "../timer-schedule.ts";
import { timedService, timersOf } from "../triggers.ts";

/** An example of a job under a timer. */
const timed = (service: string, lines = "OnCalendar=*-*-* 06:00 UTC") => timerExample(lines, { service });

/** A service that a timer starts. */
export const timedJobRules: readonly Rule[] = [
  {
    id: "job-without-timeout",
    level: "risky",
    reason:
      "a oneshot service has no time limit by default, and a timer never starts a service that still runs",
    happens: "when the job hangs once it hangs for ever, and no later run takes place",
    source: "measured with systemd 252",
    bad: timed("[Service]\nType=oneshot\nExecStart=/usr/bin/job\n"),
    good: timed("[Service]\nType=oneshot\nTimeoutStartSec=1h\nExecStart=/usr/bin/job\n"),
    *check(unit, context) {
      if (unit.type !== "service" || unit.partial || serviceType(unit) !== "oneshot") return;
      if (["TimeoutStartSec", "TimeoutSec"].some((key) => unit.settings.all("Service", key).length > 0))
        return;
      const [timer] = timersOf(unit, context);
      const start = unit.settings.last("Service", "ExecStart");
      if (!timer || !start || fromPackage(start.file.path)) return;
      const type = unit.settings.last("Service", "Type") ?? start;
      yield {
        ...atValue(type.file, type),
        says: `${timer.name} starts it, and nothing ends a run that hangs`,
        fix: "TimeoutStartSec=1h, or what a run may take at the most",
      };
    },
  },
  {
    id: "job-restarts-always",
    level: "will-not-do-what-it-says",
    reason: "Restart=always starts a job again as soon as it is done, whatever the timer says",
    happens: "it runs in a loop; the schedule has no meaning",
    source: "measured with systemd 252: 5 runs in 7 s under an hourly timer",
    bad: timed("[Service]\nExecStart=/usr/bin/job\nRestart=always\nRestartSec=30s\n"),
    good: timed("[Service]\nType=oneshot\nTimeoutStartSec=1h\nExecStart=/usr/bin/job\n"),
    *check(unit, context) {
      if (unit.type !== "service" || unit.partial || serviceType(unit) === "oneshot") return;
      const restart = unit.settings.last("Service", "Restart");
      if (!restart || !/^(always|on-success)$/.test(restart.value)) return;
      const [timer] = timersOf(unit, context);
      if (!timer) return;
      // A daemon that a timer only starts a while after boot.
      const repeated = ["OnCalendar", "OnUnitActiveSec", "OnUnitInactiveSec"].some((key) =>
        timer.settings.has("Timer", key),
      );
      if (!repeated) return;
      yield {
        ...atValue(restart.file, restart),
        says: `${timer.name} starts it, and Restart=${restart.value} starts it again each time that it ends`,
        fix: "Type=oneshot and no Restart=",
      };
    },
  },
  {
    id: "job-remains",
    level: "will-not-do-what-it-says",
    reason:
      "with RemainAfterExit=yes a job that is done stays active, and a timer does not start what is active",
    happens: "it runs exactly once after each boot",
    source: "measured with systemd 252; openhab/openhabian#1217",
    bad: timed("[Service]\nType=oneshot\nTimeoutStartSec=1h\nExecStart=/usr/bin/job\nRemainAfterExit=yes\n"),
    good: timed("[Service]\nType=oneshot\nTimeoutStartSec=1h\nExecStart=/usr/bin/job\n"),
    *check(unit, context) {
      if (unit.type !== "service" || flagOf(unit, "RemainAfterExit") !== true) return;
      if (flagOf(unit, "StopWhenUnneeded", "Unit") || unit.settings.has("Service", "RuntimeMaxSec")) return;
      const timer = timersOf(unit, context).find(({ settings }) =>
        ["OnCalendar", "OnUnitActiveSec", "OnUnitInactiveSec"].some((key) => settings.has("Timer", key)),
      );
      if (!timer) return;
      const setting = unit.settings.last("Service", "RemainAfterExit")!;
      yield {
        ...atKey(setting.file, setting),
        says: `${timer.name} starts it once: RemainAfterExit=yes keeps it active from then on`,
        fix: "take RemainAfterExit= out",
        edits: [removeLine(setting)],
      };
    },
  },
  {
    id: "job-above-start-limit",
    level: "will-not-do-what-it-says",
    reason: "the start limit, 5 in 10 s by default, counts the starts by a timer too",
    happens: "runs above the limit do not take place, and the service is failed with start-limit-hit",
    source: "measured with systemd 252: 11 of 22 runs",
    bad: timed(
      "[Service]\nType=oneshot\nTimeoutStartSec=1s\nExecStart=/usr/bin/job\n",
      "OnCalendar=*:*:* UTC\nAccuracySec=10ms",
    ),
    good: timed(
      "[Unit]\nStartLimitIntervalSec=0\n\n[Service]\nType=oneshot\nTimeoutStartSec=1s\nExecStart=/usr/bin/job\n",
      "OnCalendar=*:*:* UTC\nAccuracySec=10ms",
    ),
    *check(unit, context) {
      const service = unit.type === "timer" && !unit.partial ? timedService(unit, context) : null;
      const limit = service && startLimit(service);
      const gap = limit ? shortestGap(unit, context) : null;
      if (!service || !limit || gap === null || gap * limit.burst >= limit.seconds) return;
      const accuracy = secondsOf(unit, "AccuracySec") ?? 60;
      if (accuracy * limit.burst >= limit.seconds) return;
      const setting =
        unit.settings.last("Timer", "OnCalendar") ??
        unit.settings.last("Timer", "OnUnitActiveSec") ??
        unit.settings.last("Timer", "OnUnitInactiveSec");
      if (!setting) return;
      yield {
        ...atValue(setting.file, setting),
        says: `every ${spanText(gap)}, but ${service.name} may start ${limit.burst} times in ${spanText(limit.seconds)}`,
        fix: `StartLimitIntervalSec=0 in [Unit] of ${service.name}; or a program that stays`,
      };
    },
  },
  {
    id: "job-waits-for-restart",
    level: "risky",
    reason: "while a failed job waits for its restart it counts as starting, and its timer does not start it",
    happens: "scheduled runs that come during the wait do not take place",
    source: "measured with systemd 252",
    bad: timed(
      "[Service]\nType=oneshot\nTimeoutStartSec=1h\nExecStart=/usr/bin/job\nRestart=on-failure\nRestartSec=2h\n",
      "OnCalendar=hourly",
    ),
    good: timed(
      "[Unit]\nStartLimitIntervalSec=50min\nStartLimitBurst=3\n\n[Service]\nType=oneshot\nTimeoutStartSec=5min\nExecStart=/usr/bin/job\nRestart=on-failure\nRestartSec=1min\n",
      "OnCalendar=hourly",
    ),
    *check(unit, context) {
      if (unit.type !== "service" || unit.partial || !/^on-(failure|abnormal)$/.test(restartOf(unit))) return;
      const [timer] = timersOf(unit, context);
      const gap = timer ? shortestGap(timer, context) : null;
      const setting =
        unit.settings.last("Service", "RestartSec") ?? unit.settings.last("Service", "Restart")!;
      if (!timer || gap === null || fromPackage(setting.file.path)) return;
      const delay = restartDelay(unit);
      const long = delay >= gap;
      if (!long && limitCanTrip(unit)) return;
      yield {
        ...atValue(setting.file, setting),
        says: long
          ? `a restart after ${spanText(delay)} under a timer that elapses every ${spanText(gap)}`
          : `a job that keeps failing is started again every ${spanText(delay)} without end, past its next scheduled run`,
        fix: `StartLimitIntervalSec= below ${spanText(gap)} with StartLimitBurst=3 in [Unit], so that a failed run ends before the next one`,
        ...(long ? { level: "will-not-do-what-it-says" as const } : {}),
      };
    },
  },
];
