import { splitWords } from "../../unit/words.ts";
import { readBoolean } from "../../unit/read-value.ts";
import { fromPackage } from "../from-package.ts";
import { isYes, programName, unitCommands } from "../in-force.ts";
import type { LintUnit } from "../lint-unit.ts";
import { programOf } from "../program.ts";
import { atValue, type Rule } from "../rule.ts";

/** Settings of the sandbox that do not go together with what the unit runs, or with each other. */
export const sandboxRules: readonly Rule[] = [
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
    id: "nothing-writable",
    level: "risky",
    reason: "ProtectSystem=strict makes every directory read-only but /dev, /proc, /sys, and homes",
    happens: 'the first write fails with "Read-only file system" (EROFS)',
    source: "systemd.exec(5), ProtectSystem=",
    bad: "[Service]\nExecStart=/usr/bin/bot\nProtectSystem=strict\nProtectHome=yes\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nProtectSystem=strict\nProtectHome=yes\nStateDirectory=bot\n",
    *check(unit) {
      const strict = serviceSetting(unit, "ProtectSystem");
      if (unit.scope === "user" || strict?.value !== "strict" || fromPackage(strict.file.path)) return;
      const writable =
        [
          "StateDirectory",
          "CacheDirectory",
          "LogsDirectory",
          "RuntimeDirectory",
          "ReadWritePaths",
          "ReadWriteDirectories",
          "BindPaths",
          "TemporaryFileSystem",
          "ConfigurationDirectory",
        ].some((key) => serviceSetting(unit, key) !== null) ||
        ["PrivateTmp", "DynamicUser"].some((key) => isYes(serviceSetting(unit, key)?.value ?? null));
      if (writable) return;
      yield {
        ...atValue(strict.file, strict),
        says: "the service has no directory that it can write to",
        fix: "write StateDirectory=NAME for /var/lib/NAME, or ReadWritePaths= for others",
      };
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
  {
    id: "nothing-executable",
    level: "will-not-start",
    reason: "NoExecPaths=/ forbids the program itself and its libraries, unless ExecPaths= names them",
    happens: "203/EXEC at start",
    source: "systemd.exec(5), NoExecPaths=; measured on 252",
    bad: "[Service]\nExecStart=/usr/bin/bot\nNoExecPaths=/\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nNoExecPaths=/\nExecPaths=/usr /lib /lib64\n",
    *check(unit) {
      const all = (key: string) =>
        unit.settings.all("Service", key).flatMap((setting) =>
          splitWords(setting.value, false).words.map((word) => ({
            setting,
            word,
            path: word.text.replace(/^[-+]+/, "").replace(/(?<=.)\/+$/, ""),
          })),
        );
      const root = all("NoExecPaths").find(({ path }) => path === "/");
      if (root === undefined) return;
      const allowed = all("ExecPaths").map(({ path }) => path);
      const covers = (path: string) =>
        allowed.some((one) => one === "/" || path === one || path.startsWith(`${one}/`));
      const program = unitCommands(unit).find(
        ({ key, command }) => key === "ExecStart" && command.program.text.startsWith("/"),
      )?.command.program.text;
      const started = program === undefined || covers(program) || allowed.includes("/usr");
      const libraries = ["/usr", "/usr/lib", "/lib", "/lib64", "/usr/lib64"].some((path) => covers(path));
      if (started && libraries) return;
      yield {
        ...atValue(root.setting.file, root.setting, root.word),
        ...(started ? { level: "risky" as const } : {}),
        says: started
          ? "NoExecPaths=/ forbids the libraries of the program"
          : allowed.length === 0
            ? "NoExecPaths=/ is written without ExecPaths="
            : `ExecPaths= does not have ${program}`,
        ...(started ? { happens: "203/EXEC at start, unless the program is static" } : {}),
        fix: "add ExecPaths=/usr /lib /lib64, and the directory of the program",
      };
    },
  },
  {
    id: "sudo-refused",
    level: "will-not-do-what-it-says",
    reason: "with NoNewPrivileges=yes no program gets more rights than it has",
    happens: 'sudo ends with "the no new privileges flag is set"',
    source: "systemd.exec(5), NoNewPrivileges=",
    bad: "[Service]\nExecStart=/usr/bin/sudo -u bot /usr/bin/bot\nNoNewPrivileges=yes\n",
    good: "[Service]\nUser=bot\nExecStart=/usr/bin/bot --no-sudo\nExecStartPre=+/usr/bin/install -d /srv/x\nNoNewPrivileges=yes\n",
    *check(unit) {
      const cause = ["NoNewPrivileges", "DynamicUser"].find((key) =>
        isYes(serviceSetting(unit, key)?.value ?? null),
      );
      if (cause === undefined) return;
      for (const { setting, command } of unitCommands(unit)) {
        if (command.prefix.includes("+")) continue;
        const words = [command.program, ...command.arguments.filter(({ text }) => /[\s;&|]/.test(text))];
        const word = words.find((one) =>
          one === command.program
            ? raising.has(programName(one.text))
            : programOf(command).inline !== null && /(?:^|[;&|(]\s{0,8})(?:sudo|pkexec)\s/.test(one.text),
        );
        if (word === undefined) continue;
        yield {
          ...atValue(setting.file, setting, word),
          says: `${cause}=yes keeps sudo from working here`,
          fix: "say the user with User=, and run single commands as root with + before them",
        };
      }
    },
  },
];

const raising = new Set(["sudo", "pkexec", "doas"]);

function serviceSetting(unit: LintUnit, key: string): ReturnType<LintUnit["settings"]["last"]> {
  return unit.type === "service" ? unit.settings.last("Service", key) : null;
}
