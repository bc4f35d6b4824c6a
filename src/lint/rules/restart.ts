import { removeLine, setValue } from "../../unit/edit-unit.ts";
import { readUnsigned } from "../../unit/read-value.ts";
import { programOf } from "../program.ts";
import { commandsOf, restartDelay, restartOf, secondsOf } from "../read-settings.ts";
import { atKey, atValue, type Rule } from "../rule.ts";

/** Restart= and the limit of starts. */
export const restartRules: readonly Rule[] = [
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

/** Whether a shell text exits 0 although its program failed. */
function swallows(inline: string): boolean {
  if (/\|\|\s*(true|:|echo\b[^;&|]*|exit 0)\s*$/.test(inline) || /;\s*(exit 0|true)\s*$/.test(inline))
    return true;
  return /[^|]\|\s*(tee|logger|ts|cronolog|multilog|cat)\b[^|;&]*$/.test(inline) && !/pipefail/.test(inline);
}
