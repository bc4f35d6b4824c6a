import { addToSection } from "../../unit/edit-unit.ts";
import { isWrapper, programOf, programText } from "../program.ts";
import { commandsOf, flagOf, serviceType } from "../read-settings.ts";
import { atValue, type Rule } from "../rule.ts";

/** How a service is stopped and reloaded. */
export const stopRules: readonly Rule[] = [
  {
    id: "kill-mode-none",
    level: "risky",
    reason: "with KillMode=none systemd only runs ExecStop= and leaves every process that is still there",
    happens: "processes survive the stop, and the next start runs beside them; the setting is deprecated",
    source: "systemd.kill(5)",
    bad: "[Service]\nExecStart=/usr/bin/bot\nKillMode=none\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nKillMode=mixed\n",
    *check(unit) {
      const mode = unit.type === "service" ? unit.settings.last("Service", "KillMode") : null;
      if (mode?.value !== "none") return;
      yield {
        ...atValue(mode.file, mode),
        says: "KillMode=none leaves processes behind",
        fix: "KillMode=mixed, or nothing for the default control-group",
      };
    },
  },
  {
    id: "kill-mode-process",
    level: "will-not-do-what-it-says",
    reason: "KillMode=process ends the main process only, and here that is not what does the work",
    happens: "the stop ends the wrapper, and the program lives on without a supervisor",
    source: "measured with systemd 252: the node child of npm start survives",
    bad: "[Service]\nExecStart=/usr/bin/npm start\nKillMode=process\n",
    good: "[Service]\nExecStart=/usr/bin/npm start\n",
    *check(unit) {
      const mode = unit.type === "service" ? unit.settings.last("Service", "KillMode") : null;
      if (mode?.value !== "process") return;
      for (const { command } of commandsOf(unit, "ExecStart").slice(0, 1)) {
        const program = programOf(command);
        if (!isWrapper(program)) continue;
        yield {
          ...atValue(mode.file, mode),
          says: `KillMode=process ends ${programText(program)} and leaves what it runs`,
          fix: "take KillMode= out: the default ends every process of the service",
          ...(program.kind === "shell" ? { level: "risky" as const } : {}),
        };
      }
    },
  },
  {
    id: "kill-mode-mixed-wrapper",
    level: "risky",
    reason:
      "KillMode=mixed sends SIGTERM to the main process only, and here that is a shell, which does not pass it on",
    happens: "the shell ends at once, and the program is killed without a chance to finish its work",
    source: "measured with systemd 252",
    bad: "[Service]\nExecStart=/bin/sh -c 'cd /srv/bot; ./run'\nKillMode=mixed\n",
    good: "[Service]\nExecStart=/bin/sh -c 'cd /srv/bot; exec ./run'\nKillMode=mixed\n",
    *check(unit) {
      const mode = unit.type === "service" ? unit.settings.last("Service", "KillMode") : null;
      if (mode?.value !== "mixed" || serviceType(unit) === "oneshot") return;
      for (const { command } of commandsOf(unit, "ExecStart").slice(0, 1)) {
        const program = programOf(command);
        if (program.kind !== "shell" || !isWrapper(program) || /\btrap\b/.test(program.inline ?? ""))
          continue;
        yield {
          ...atValue(mode.file, mode),
          says: "KillMode=mixed: only the shell gets SIGTERM, what it runs gets SIGKILL",
          fix: '"exec" before the last command; or take KillMode= out',
        };
      }
    },
  },
  {
    id: "stop-by-name",
    level: "risky",
    reason: "systemd knows the processes of a service; a search by name finds those of others too",
    happens:
      "every process of the host that matches is killed: other services, editors, other people's programs",
    source: "pgrep(1): -f looks at whole command lines",
    bad: "[Service]\nExecStart=/usr/bin/python3 /srv/bot/main.py\nExecStop=/usr/bin/pkill -9 -f python\n",
    good: "[Service]\nExecStart=/usr/bin/python3 /srv/bot/main.py\nTimeoutStopSec=30s\n",
    *check(unit) {
      if (unit.type !== "service") return;
      for (const key of ["ExecStartPre", "ExecStop", "ExecStopPost", "ExecReload"])
        for (const { setting, command } of commandsOf(unit, key)) {
          const text = [command.program, ...command.arguments].map((word) => word.text).join(" ");
          const call = /(?:^|[/\s;&|(])(pkill|killall)\s+(.*)$/.exec(text);
          if (!call || /(^| )(-F|--pidfile|-P|--parent|-U|-u|--user|--euid|--uid)\b/.test(call[2]!)) continue;
          const broad =
            /(^|\s)(-f|--full)\b/.test(call[2]!) ||
            /\b(python|node|java|ruby|php|bash|sh)[\d.]*\s*$/.test(call[2]!);
          yield {
            ...atValue(setting.file, setting),
            says: `${key}= kills by name: ${call[1]} looks at every process of the host`,
            fix:
              key === "ExecReload"
                ? "ExecReload=/bin/kill -HUP $MAINPID"
                : "take it out: systemd ends all processes of the service by itself",
            ...(broad && key !== "ExecReload" ? { level: "will-not-do-what-it-says" as const } : {}),
          };
        }
    },
  },
  {
    id: "java-stop-fails",
    level: "will-not-do-what-it-says",
    reason:
      "a Java program that is asked to stop ends with exit status 143, which systemd takes for a failure",
    happens: "each clean stop leaves the unit failed, and OnFailure= tells of it",
    source: "measured with systemd 252 and OpenJDK 17",
    bad: "[Service]\nExecStart=/usr/bin/java -jar /srv/shop/shop.jar\n",
    good: "[Service]\nExecStart=/usr/bin/java -jar /srv/shop/shop.jar\nSuccessExitStatus=143\n",
    *check(unit) {
      if (unit.type !== "service" || unit.partial || serviceType(unit) === "oneshot") return;
      if (unit.settings.has("Service", "ExecStop") || flagOf(unit, "RemainAfterExit")) return;
      if (!/^(SIG)?TERM$/.test(unit.settings.value("Service", "KillSignal") ?? "TERM")) return;
      const codes = unit.settings
        .all("Service", "SuccessExitStatus")
        .map(({ value }) => value)
        .join(" ");
      if (/\b143\b/.test(codes)) return;
      for (const { setting, command } of commandsOf(unit, "ExecStart").slice(0, 1)) {
        const program = programOf(command);
        if (program.name !== "java" || command.prefix.includes("-")) continue;
        yield {
          ...atValue(setting.file, setting, command.program),
          says: "java ends with 143 when it is stopped, and nothing says that this is well",
          fix: "SuccessExitStatus=143",
          edits: [addToSection(setting.file, "Service", ["SuccessExitStatus=143"])],
        };
      }
    },
  },
];
