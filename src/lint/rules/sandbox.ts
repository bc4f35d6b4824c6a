import { splitWords } from "../../unit/words.ts";
import { fromPackage } from "../from-package.ts";
import { isYes, programName, unitCommands, serviceSetting } from "../in-force.ts";
import { programOf } from "../program.ts";
import { atValue, type Rule } from "../rule.ts";

/** Settings of the sandbox that do not go together with what the unit runs, or with each other. */
export const sandboxRules: readonly Rule[] = [
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
