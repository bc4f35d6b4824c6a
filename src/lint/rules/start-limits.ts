import { fromPackage } from "../from-package.ts";
import {
  limitCanTrip,
  restartDelay,
  restartOf,
  serviceType,
  spanText,
  startLimit,
  whyEndless,
} from "../read-settings.ts";
import { atKey, atValue, type Rule } from "../rule.ts";
import { triggersOf } from "../triggers.ts";

/** How often a service may be started, and what happens when that is used up. */
export const startLimitRules: readonly Rule[] = [
  {
    id: "restart-gives-up-at-once",
    level: "risky",
    reason:
      "without RestartSec= a service is started again after 100 ms, and after 5 starts in 10 s systemd gives up",
    happens: "a program that fails at start is failed for good in less than a second",
    source: "measured with systemd 252",
    bad: "[Service]\nExecStart=/usr/bin/bot\nRestart=on-failure\n\n[Install]\nWantedBy=multi-user.target\n",
    good: "[Unit]\nStartLimitIntervalSec=5min\nStartLimitBurst=10\n\n[Service]\nExecStart=/usr/bin/bot\nRestart=on-failure\nRestartSec=5s\n\n[Install]\nWantedBy=multi-user.target\n",
    *check(unit, context) {
      if (unit.type !== "service" || unit.partial || serviceType(unit) === "oneshot") return;
      const restart = unit.settings.last("Service", "Restart");
      if (!restart || !/^(always|on-failure|on-abnormal)$/.test(restart.value)) return;
      const limit = startLimit(unit);
      const delay = restartDelay(unit);
      if (limit === null || limit.written !== null || unit.settings.has("Service", "RestartSec")) return;
      // What starts on demand is started again when it is needed.
      if (serviceType(unit) === "dbus" || triggersOf(unit, context).length > 0) return;
      if (!unit.settings.has("Install", "WantedBy") || fromPackage(restart.file.path)) return;
      yield {
        ...atValue(restart.file, restart),
        says: `Restart=${restart.value} waits ${spanText(delay)} between starts: ${limit.burst} failures use the limit up in ${spanText(delay * limit.burst)}`,
        fix: "RestartSec=5s here, and StartLimitIntervalSec=5min with StartLimitBurst=10 in [Unit]",
      };
    },
  },
  {
    id: "start-limit-never-reached",
    level: "will-not-do-what-it-says",
    reason: "the limit counts starts within an interval, and RestartSec= keeps them further apart than that",
    happens: "the limit is never hit: the service is started again without end, and is never failed",
    source: "measured with systemd 252",
    bad: "[Unit]\nStartLimitBurst=5\n\n[Service]\nExecStart=/usr/bin/bot\nRestart=always\nRestartSec=10s\n",
    good: "[Unit]\nStartLimitIntervalSec=5min\nStartLimitBurst=5\n\n[Service]\nExecStart=/usr/bin/bot\nRestart=always\nRestartSec=10s\n",
    *check(unit, context) {
      if (unit.type !== "service" || unit.partial || restartOf(unit) === "no") return;
      // The limit may be meant for starts by a timer, a path or a socket.
      if (triggersOf(unit, context).length > 0) return;
      const limit = startLimit(unit);
      if (limit?.written == null || limit.seconds === Infinity || limitCanTrip(unit)) return;
      const delay = restartDelay(unit);
      if (delay === Infinity) return;
      yield {
        ...atKey(limit.written.file, limit.written),
        says: `${limit.burst} starts in ${spanText(limit.seconds)} cannot happen when there are ${spanText(delay)} between them`,
        fix: `StartLimitIntervalSec=${spanText(niceInterval(limit.burst * delay)).replace(" ", "")} in [Unit], which is longer than ${limit.burst} times RestartSec=`,
      };
    },
  },
  {
    id: "restart-endless",
    level: "risky",
    reason: "nothing stops a program that cannot start from being started again, many times a minute",
    happens: "a loop without end that fills the journal and takes a processor; nobody is told",
    source: "NousResearch/hermes-agent#64433: 163 000 restarts in 13 days",
    bad: "[Unit]\nStartLimitIntervalSec=0\n\n[Service]\nExecStart=/usr/bin/bot\nRestart=always\n",
    good: "[Unit]\nStartLimitIntervalSec=0\n\n[Service]\nExecStart=/usr/bin/bot\nRestart=always\nRestartSec=30s\n",
    *check(unit) {
      if (unit.type !== "service" || unit.partial) return;
      const restart = unit.settings.last("Service", "Restart");
      if (!restart || !/^(always|on-failure)$/.test(restart.value) || fromPackage(restart.file.path)) return;
      const delay = restartDelay(unit);
      if (limitCanTrip(unit) || delay > 10 || unit.settings.has("Unit", "OnFailure")) return;
      const limit = startLimit(unit);
      if (limit?.written) return;
      yield {
        ...atValue(restart.file, restart),
        says: `Restart=${restart.value} every ${spanText(delay)} without end: ${whyEndless(unit)}`,
        fix: "StartLimitIntervalSec=10min with StartLimitBurst=10 in [Unit] and an OnFailure= that tells someone; or a RestartSec= of 30s and more",
      };
    },
  },
];

/** Rounded up to what people write, with room for the time that starts take. */
function niceInterval(seconds: number): number {
  return (
    [60, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400].find((nice) => nice >= seconds * 1.5) ?? seconds * 2
  );
}
