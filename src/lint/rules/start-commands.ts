import { fromPackage } from "../from-package.ts";
import { programOf } from "../program.ts";
import { commandsOf, everyCommand } from "../read-settings.ts";
import { atValue, type Rule } from "../rule.ts";

/** Commands that systemd runs just as they are written, and that do something else than was meant. */
export const startCommandRules: readonly Rule[] = [
  {
    id: "login-shell",
    level: "risky",
    reason: "a login shell reads /etc/profile and the profile of the account first",
    happens: "the service depends on someone's settings: a change there, or a prompt, and it does not start",
    bad: "[Service]\nUser=me\nExecStart=/bin/bash -lc 'exec /srv/bot/run'\n",
    good: "[Service]\nUser=me\nExecStart=/srv/bot/run\n",
    *check(unit) {
      if (unit.type !== "service") return;
      for (const { setting, command, key } of everyCommand(unit)) {
        const text = [command.program, ...command.arguments].map((word) => word.text).join(" ");
        const login = /(?:^|[/ ])(bash|zsh|sh|dash|ksh) (-[a-z]*l[a-z]*|--login)( |$)/.exec(text);
        if (!login || fromPackage(setting.file.path) || /agetty|login/.test(command.program.text)) continue;
        yield {
          ...atValue(setting.file, setting),
          says: `${key}= starts a login shell (${login[1]} ${login[2]})`,
          fix: "run the program itself, with Environment= and WorkingDirectory= for what the profile gave it",
        };
      }
    },
  },
  {
    id: "sourced-not-exported",
    level: "risky",
    reason:
      "a shell that sources NAME=value sets a variable of its own; programs that it starts do not get it",
    happens: "the program runs without these variables",
    bad: "[Service]\nExecStart=/bin/bash -c 'source /etc/bot.env && exec /usr/bin/bot'\n",
    good: "[Service]\nEnvironmentFile=/etc/bot.env\nExecStart=/usr/bin/bot\n",
    *check(unit) {
      if (unit.type !== "service") return;
      for (const { setting, command } of everyCommand(unit)) {
        const { inline } = programOf(command);
        const file = /(?:^|[;&|]\s*)(?:source|\.)\s+(\S*env\S*)\s*(?:&&|;)/.exec(inline ?? "");
        if (!file || /set -a|allexport|\bexport\b|\/bin\/activate/.test(inline!)) continue;
        yield {
          ...atValue(setting.file, setting),
          says: `${file[1]} is sourced and not exported, unless each line of it begins with "export"`,
          fix: `EnvironmentFile= with that file, written as NAME=value; or "set -a" before it`,
        };
      }
    },
  },
  {
    id: "probe-before-start",
    level: "risky",
    reason: "ExecStartPre= runs before the program, when nothing answers yet",
    happens: "the probe fails, and with it each start, until the start limit is hit",
    source: "measured with systemd 252",
    bad: "[Service]\nExecStartPre=/usr/bin/curl -fsS http://localhost:8000/health\nExecStart=/usr/bin/bot\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nExecStartPost=/usr/bin/curl -fsS --retry 10 --retry-connrefused http://localhost:8000/health\n",
    *check(unit) {
      if (unit.type !== "service") return;
      const after = commandsOf(unit, "ExecStartPost").map(({ setting }) => setting.value);
      for (const { setting, command } of commandsOf(unit, "ExecStartPre")) {
        if (command.prefix.includes("-")) continue;
        const same = after.includes(setting.value);
        const own = /(localhost|127\.0\.0\.1|\[::1\])\S*\/(health\w*|ready\w*|live\w*|ping|status)\b/.test(
          setting.value,
        );
        if (!same && !(own && !/\b(until|while|for)\b/.test(setting.value))) continue;
        if (same && !/health|ready|curl|wget|probe/.test(setting.value)) continue;
        yield {
          ...atValue(setting.file, setting),
          says: "a probe of the running service before it is started",
          fix: "ExecStartPost=, or a health check from outside",
        };
      }
    },
  },
];
