import { limitCanTrip, restartOf, whyEndless } from "../read-settings.ts";
import { atValue, type Rule } from "../rule.ts";

/** When OnFailure= acts, by the version of systemd. */
export const failureToldRules: readonly Rule[] = [
  {
    id: "failure-never-told",
    level: "will-not-do-what-it-says",
    reason: "before systemd 254, OnFailure= acts when systemd gives up, and with these delays it never does",
    happens: "the service fails and is started again without end; OnFailure= never acts",
    source: "measured with systemd 252; systemd#33710",
    bad: {
      units: {
        "bot.service":
          "[Unit]\nOnFailure=alert.service\n\n[Service]\nExecStart=/usr/bin/bot\nRestart=always\nRestartSec=30s\n",
        "alert.service": "[Service]\nType=oneshot\nTimeoutStartSec=30s\nExecStart=/usr/bin/alert\n",
      },
    },
    good: {
      units: {
        "bot.service":
          "[Unit]\nOnFailure=alert.service\nStartLimitIntervalSec=10min\nStartLimitBurst=5\n\n[Service]\nExecStart=/usr/bin/bot\nRestart=always\nRestartSec=30s\n",
        "alert.service": "[Service]\nType=oneshot\nTimeoutStartSec=30s\nExecStart=/usr/bin/alert\n",
      },
    },
    *check(unit, { systemd }) {
      if (unit.type !== "service" || unit.partial || systemd >= 254) return;
      if (!/^(always|on-failure)$/.test(restartOf(unit)) || limitCanTrip(unit)) return;
      // After such an end there is no restart, and OnFailure= acts.
      if (unit.settings.has("Service", "RestartPreventExitStatus")) return;
      for (const setting of unit.settings.all("Unit", "OnFailure"))
        yield {
          ...atValue(setting.file, setting),
          says: `${setting.value} is never started: ${whyEndless(unit)}`,
          fix: "StartLimitIntervalSec= in [Unit], longer than StartLimitBurst= times RestartSec=",
        };
    },
  },
  {
    id: "failure-told-each-time",
    level: "risky",
    reason: "since systemd 254, OnFailure= acts at each crash, also when the service is started again",
    happens: "one alert for each restart instead of one when systemd gives up",
    source: "measured with systemd 257; systemd#33710",
    bad: {
      systemd: 257,
      units: {
        "bot.service":
          "[Unit]\nOnFailure=alert.service\n\n[Service]\nExecStart=/usr/bin/bot\nRestart=on-failure\nRestartSec=5s\n",
        "alert.service": "[Service]\nType=oneshot\nTimeoutStartSec=30s\nExecStart=/usr/bin/alert\n",
      },
    },
    good: {
      systemd: 257,
      units: {
        "bot.service":
          "[Unit]\nOnFailure=alert.service\nStartLimitIntervalSec=10min\nStartLimitBurst=5\n\n[Service]\nExecStart=/usr/bin/bot\nRestart=on-failure\nRestartSec=5s\nRestartMode=direct\n",
        "alert.service": "[Service]\nType=oneshot\nTimeoutStartSec=30s\nExecStart=/usr/bin/alert\n",
      },
    },
    *check(unit, { systemd }) {
      if (unit.type !== "service" || unit.partial || systemd < 254) return;
      if (!/^(always|on-failure)$/.test(restartOf(unit))) return;
      if (unit.settings.value("Service", "RestartMode") === "direct") return;
      for (const setting of unit.settings.all("Unit", "OnFailure"))
        yield {
          ...atValue(setting.file, setting),
          says: `${setting.value} is started at each crash, also before a restart`,
          fix: "RestartMode=direct in [Service], to hear only of the last one",
        };
    },
  },
];
