import { isWrapper, mentions, programOf, programText } from "../program.ts";
import { commandsOf } from "../read-settings.ts";
import { atValue, type Rule } from "../rule.ts";

/** ExecReload=, and programs that do not expect it. */
export const reloadRules: readonly Rule[] = [
  {
    id: "reload-kills",
    level: "risky",
    reason: "a program that does not handle SIGHUP is ended by it",
    happens:
      "reload returns 0, the program is gone, and since SIGHUP counts as a clean end Restart=on-failure does nothing",
    source: "measured with systemd 252",
    bad: "[Service]\nExecStart=/usr/bin/node /srv/bot/main.js\nExecReload=/bin/kill -HUP $MAINPID\n",
    good: "[Service]\nExecStart=/usr/bin/node /srv/bot/main.js\n",
    *check(unit, { host }) {
      if (unit.type !== "service") return;
      const reload = commandsOf(unit, "ExecReload").find(({ setting }) =>
        /\bkill\b.*\s-(s\s*)?(SIG)?(HUP|1)\b.*\$\{?MAINPID/.test(setting.value),
      );
      const [start] = commandsOf(unit, "ExecStart");
      if (!reload || !start) return;
      const program = programOf(start.command);
      const own =
        program.kind === "interpreter" && program.script !== null && !program.script.startsWith("/usr/");
      if (!own && !isWrapper(program)) return;
      if (mentions(program, /SIGHUP/, host)) return;
      yield {
        ...atValue(reload.setting.file, reload.setting),
        says: isWrapper(program)
          ? `SIGHUP goes to ${programText(program)}, not to what it runs`
          : `SIGHUP ends ${programText(program)} unless the program has a handler for it`,
        fix: "take ExecReload= out; or handle SIGHUP in the program",
      };
    },
  },
];
