import { readBoolean } from "../../unit/read-value.ts";
import { fromPackage } from "../from-package.ts";
import { isYes, unitCommands, serviceSetting } from "../in-force.ts";
import { programOf } from "../program.ts";
import { atValue, type Rule } from "../rule.ts";

/** Homes: hidden from a service that needs one, or open to one that does not. */
export const sandboxHomeRules: readonly Rule[] = [
  {
    id: "home-hidden",
    level: "will-not-start",
    reason: "ProtectHome=yes and tmpfs hide /home, /root and /run/user from the service",
    happens: "the directory or program is not there: 200/CHDIR or 203/EXEC at start",
    source: "systemd.exec(5), ProtectHome=; measured on 252",
    bad: "[Service]\nWorkingDirectory=/home/bot/app\nExecStart=/home/bot/app/venv/bin/python main.py\nProtectHome=true\n",
    good: "[Service]\nWorkingDirectory=/home/bot/app\nExecStart=/home/bot/app/venv/bin/python main.py\nProtectHome=read-only\n",
    *check(unit, { host }) {
      const protect = serviceSetting(unit, "ProtectHome");
      if (unit.scope === "user" || protect === null || protect.value === "read-only") return;
      if (protect.value !== "tmpfs" && readBoolean(protect.value) !== true) return;
      const bound = ["BindPaths", "BindReadOnlyPaths"].flatMap((key) =>
        unit.settings.all("Service", key).flatMap(({ value }) => value.split(/[\s:]+/)),
      );
      const hidden = (path: string) =>
        /^(\/home|\/root|\/run\/user|%h)\/./.test(path) &&
        !bound.some((one) => one !== "" && path.startsWith(one.replace(/^-/, "")));
      const directory = serviceSetting(unit, "WorkingDirectory");
      if (directory !== null) {
        const account = unit.settings.value("Service", "User");
        const home =
          directory.value === "~" && account !== null ? (host?.user(account)?.home ?? "") : directory.value;
        if (hidden(home))
          yield {
            ...atValue(directory.file, directory),
            says: `ProtectHome=${protect.value} hides ${home}, where the service is to work`,
            happens: "200/CHDIR at start",
            fix: "write ProtectHome=read-only, or move the program to /opt and its data to StateDirectory=",
          };
      }
      for (const { setting, command } of unitCommands(unit)) {
        if (command.prefix.includes("+")) continue;
        const { script } = programOf(command);
        const word = hidden(command.program.text)
          ? command.program
          : command.arguments.find(({ text }) => text === script && hidden(text));
        if (word === undefined) continue;
        yield {
          ...atValue(setting.file, setting, word),
          says: `ProtectHome=${protect.value} hides ${word.text}`,
          happens:
            word === command.program ? "203/EXEC at start" : "the program does not find its script, and ends",
          fix: "write ProtectHome=read-only, or move the program to /opt",
        };
      }
    },
  },
  {
    id: "home-open",
    level: "risky",
    reason: "ProtectSystem=strict does not cover homes",
    happens: "/home and /root stay writable, and readable",
    source: "measured on 252 and 257",
    bad: "[Service]\nExecStart=/usr/bin/bot\nProtectSystem=strict\nStateDirectory=bot\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nProtectSystem=strict\nStateDirectory=bot\nProtectHome=yes\n",
    *check(unit) {
      const strict = serviceSetting(unit, "ProtectSystem");
      if (unit.scope === "user" || strict?.value !== "strict" || fromPackage(strict.file.path)) return;
      if (unit.settings.has("Service", "ProtectHome")) return;
      // DynamicUser= implies ProtectHome=read-only.
      if (isYes(serviceSetting(unit, "DynamicUser")?.value ?? null)) return;
      yield {
        ...atValue(strict.file, strict),
        says: "ProtectSystem=strict is written without ProtectHome=",
        fix: "add ProtectHome=yes, or read-only when the program is in a home",
      };
    },
  },
];
