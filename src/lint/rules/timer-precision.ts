import { timerExample } from "../examples.ts";
import { secondsOf, spanText } from "../read-settings.ts";
import { atValue, type Rule } from "../rule.ts";
import { shortestGap } from "../timer-schedule.ts";
import { timedService } from "../triggers.ts";

/** Delays of a timer against the time between two of its runs. */
export const timerPrecisionRules: readonly Rule[] = [
  {
    id: "random-delay-too-long",
    level: "risky",
    reason: "RandomizedDelaySec= is longer than the time between two runs",
    happens:
      "runs fall out; a delay is drawn anew at each start of the timer, so that after reboots the job may hardly ever run",
    source: "systemd#21166",
    bad: timerExample("OnCalendar=hourly\nRandomizedDelaySec=3h"),
    good: timerExample("OnCalendar=hourly\nRandomizedDelaySec=10min"),
    *check(unit, context) {
      if (unit.type !== "timer") return;
      const setting = unit.settings.last("Timer", "RandomizedDelaySec");
      const delay = secondsOf(unit, "RandomizedDelaySec");
      const gap = setting && delay ? shortestGap(unit, context) : null;
      if (!setting || !delay || gap === null || delay <= gap) return;
      yield {
        ...atValue(setting.file, setting),
        says: `a delay of up to ${spanText(delay)} with ${spanText(gap)} between two runs`,
        fix: `RandomizedDelaySec= well below ${spanText(gap)}`,
      };
    },
  },
  {
    id: "accuracy-coarser-than-schedule",
    level: "will-not-do-what-it-says",
    reason:
      "a timer may elapse later by AccuracySec=, one minute unless it is set, and here that is longer than the time between two runs",
    happens:
      "systemd puts runs together: on an idle host there is one run in that span, and the times between are left out",
    source: "systemd.timer(5)",
    bad: timerExample("OnCalendar=*:*:0/10 UTC"),
    good: timerExample("OnCalendar=*:*:0/10 UTC\nAccuracySec=1s"),
    *check(unit, context) {
      if (unit.type !== "timer" || unit.partial) return;
      const accuracy = secondsOf(unit, "AccuracySec") ?? 60;
      const gap = shortestGap(unit, context);
      const setting = unit.settings.last("Timer", "AccuracySec") ?? firstTrigger(unit.settings);
      if (gap === null || gap >= accuracy || !setting) return;
      yield {
        ...atValue(setting.file, setting),
        says: `every ${spanText(gap)} with an accuracy of ${spanText(accuracy)}`,
        fix: `AccuracySec=${gap > 10 ? "1s" : "100ms"}`,
      };
    },
  },
];

function firstTrigger(settings: Parameters<typeof timedService>[0]["settings"]) {
  return ["OnCalendar", "OnUnitActiveSec", "OnUnitInactiveSec"]
    .map((key) => settings.last("Timer", key))
    .find((one) => one !== null);
}
