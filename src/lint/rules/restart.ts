import { removeLine, setValue } from "../../unit/edit-unit.ts";
import { readUnsigned } from "../../unit/read-value.ts";
import { fromPackage } from "../from-package.ts";
import { programOf } from "../program.ts";
import {
  commandsOf,
  limitCanTrip,
  restartDelay,
  restartOf,
  secondsOf,
  serviceType,
  spanText,
  startLimit,
} from "../read-settings.ts";
import { atKey, atValue, type Rule } from "../rule.ts";
import { triggersOf } from "../triggers.ts";

/** Restart= and the limit of starts. */
export const restartRules: readonly Rule[] = [
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
    *check(unit) {
      if (unit.type !== "service" || unit.partial || restartOf(unit) === "no") return;
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
  {
    id: "restart-ignored-failure",
    level: "will-not-do-what-it-says",
    reason:
      'a failure that is to be ignored ("-", "|| true", a pipe) is a success, and Restart=on-failure does not act on it',
    happens: "the service stays down after a failure, with success",
    source: "systemd.service(5)",
    bad: "[Service]\nExecStart=-/usr/bin/bot\nRestart=on-failure\nRestartSec=5s\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nRestart=on-failure\nRestartSec=5s\n",
    *check(unit) {
      if (unit.type !== "service" || restartOf(unit) !== "on-failure") return;
      for (const { setting, command } of commandsOf(unit, "ExecStart").slice(-1)) {
        const { inline, kind } = programOf(command);
        const ignored = command.prefix.includes("-");
        const swallowed = kind === "shell" && inline !== null && swallows(inline);
        if (!ignored && !swallowed) continue;
        yield {
          ...atValue(setting.file, setting),
          says: ignored
            ? 'the "-" before the program makes each failure a success: Restart=on-failure never acts on exit codes'
            : "the shell exits 0 whatever the program does: Restart=on-failure never acts on exit codes",
          fix: ignored ? 'take the "-" away' : "run the program itself; or Restart=always",
        };
      }
    },
  },
  {
    id: "restart-steps-alone",
    level: "will-not-do-what-it-says",
    reason: "RestartSteps= and RestartMaxDelaySec= only work together",
    happens: "systemd ignores it: each restart waits RestartSec=",
    source: "systemd.service(5)",
    bad: {
      systemd: 257,
      units: {
        "bot.service": "[Service]\nExecStart=/usr/bin/bot\nRestart=always\nRestartSec=5s\nRestartSteps=10\n",
      },
    },
    good: {
      systemd: 257,
      units: {
        "bot.service":
          "[Service]\nExecStart=/usr/bin/bot\nRestart=always\nRestartSec=5s\nRestartSteps=10\nRestartMaxDelaySec=5min\n",
      },
    },
    *check(unit, { systemd }) {
      if (unit.type !== "service" || unit.partial || systemd < 254) return;
      const steps = unit.settings.last("Service", "RestartSteps");
      const most = unit.settings.last("Service", "RestartMaxDelaySec");
      const stepCount = steps ? (readUnsigned(steps.value) ?? 0) : 0;
      const delay = secondsOf(unit, "RestartMaxDelaySec");
      if (steps && stepCount > 0 && (delay === null || delay === Infinity))
        yield {
          ...atKey(steps.file, steps),
          says: `RestartSteps=${steps.value} without RestartMaxDelaySec=; it is the number of steps to the longest delay, not of attempts`,
          fix: "RestartMaxDelaySec=5min",
        };
      if (most && delay !== Infinity && stepCount === 0)
        yield {
          ...atKey(most.file, most),
          says: `RestartMaxDelaySec=${most.value} without RestartSteps=`,
          fix: "RestartSteps=10",
        };
      if (most && delay !== null && stepCount > 0 && delay < restartDelay(unit))
        yield {
          ...atKey(most.file, most),
          says: `RestartMaxDelaySec=${most.value} is less than RestartSec=, so that both are ignored`,
          fix: "a RestartMaxDelaySec= that is longer than RestartSec=",
        };
    },
  },
  {
    id: "restart-clean-code",
    level: "will-not-do-what-it-says",
    reason: "an exit status in SuccessExitStatus= is a success, and Restart=on-failure does not act on it",
    happens: "the service stays down after that exit",
    source: "systemd.service(5)",
    bad: "[Service]\nExecStart=/usr/bin/bot\nRestart=on-failure\nRestartSec=5s\nSuccessExitStatus=1\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nRestart=on-failure\nRestartSec=5s\nRestartForceExitStatus=1\n",
    *check(unit) {
      if (unit.type !== "service" || restartOf(unit) !== "on-failure") return;
      const forced = unit.settings
        .all("Service", "RestartForceExitStatus")
        .flatMap(({ value }) => value.split(/\s+/));
      for (const setting of unit.settings.all("Service", "SuccessExitStatus"))
        if (setting.value.split(/\s+/).includes("1") && !forced.includes("1"))
          yield {
            ...atValue(setting.file, setting),
            says: "exit status 1, which most programs fail with, counts as success",
            fix: "take 1 out of SuccessExitStatus=",
            ...(setting.value === "1"
              ? { edits: [removeLine(setting)] }
              : {
                  edits: [
                    setValue(
                      setting.file,
                      setting,
                      setting.value
                        .split(/\s+/)
                        .filter((code) => code !== "1")
                        .join(" "),
                    ),
                  ],
                }),
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

function whyEndless(unit: Parameters<typeof startLimit>[0]): string {
  const limit = startLimit(unit);
  return limit === null
    ? "there is no limit of starts"
    : `${limit.burst} starts in ${spanText(limit.seconds)} never come together with ${spanText(restartDelay(unit))} between them`;
}

/** Whether a shell text exits 0 although its program failed. */
function swallows(inline: string): boolean {
  if (/\|\|\s*(true|:|echo\b[^;&|]*|exit 0)\s*$/.test(inline) || /;\s*(exit 0|true)\s*$/.test(inline))
    return true;
  return /[^|]\|\s*(tee|logger|ts|cronolog|multilog|cat)\b[^|;&]*$/.test(inline) && !/pipefail/.test(inline);
}
