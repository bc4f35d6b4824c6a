import { needsMessages, silentProgram } from "../notify.ts";
import { setValue } from "../../unit/edit-unit.ts";
import { fromPackage } from "../from-package.ts";
import { programText } from "../program.ts";
import { secondsOf, serviceType } from "../read-settings.ts";
import { atKey, atValue, type Rule } from "../rule.ts";

/** The watchdog, and programs that do not feed it. */
export const watchdogRules: readonly Rule[] = [
  {
    id: "watchdog-silent",
    level: "risky",
    reason: "WatchdogSec= kills a service that does not send WATCHDOG=1 in time, and few programs do",
    happens: "SIGABRT at each interval; with Restart= a loop without end",
    source: "measured with systemd 252: 4 restarts in 6 s",
    bad: "[Service]\nExecStart=/usr/bin/node /srv/bot/main.js\nWatchdogSec=30s\nRestart=on-failure\nRestartSec=5s\n",
    good: "[Service]\nExecStart=/usr/bin/node /srv/bot/main.js\nRestart=on-failure\nRestartSec=5s\n",
    *check(unit, context) {
      if (unit.type !== "service" || !(secondsOf(unit, "WatchdogSec") ?? 0)) return;
      const watchdog = unit.settings.last("Service", "WatchdogSec")!;
      const program = silentProgram(unit, context);
      const unasked =
        !serviceType(unit).startsWith("notify") &&
        !unit.settings.has("Service", "NotifyAccess") &&
        !fromPackage(watchdog.file.path);
      if (program === null && !unasked) return;
      yield {
        ...atKey(watchdog.file, watchdog),
        says:
          program === null
            ? `WatchdogSec=${watchdog.value} kills the program unless it sends WATCHDOG=1, and nothing here says that it does: Type=${serviceType(unit)}, no NotifyAccess=`
            : `WatchdogSec=${watchdog.value} kills ${programText(program)} unless it sends WATCHDOG=1, which it does not by itself`,
        fix: "have the program's main loop send WATCHDOG=1 (sd_notify(3)); or take WatchdogSec= out",
      };
    },
  },
  {
    id: "notify-access-none",
    level: "will-not-do-what-it-says",
    reason: "NotifyAccess=none does not turn off a watchdog, nor the wait for READY=1",
    happens: "systemd takes it for NotifyAccess=main; a program that does not answer is killed all the same",
    source: "measured with systemd 252",
    bad: "[Service]\nExecStart=/usr/bin/bot\nWatchdogSec=30s\nNotifyAccess=none\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nWatchdogSec=30s\nNotifyAccess=main\n",
    *check(unit) {
      if (unit.type !== "service" || !needsMessages(unit)) return;
      const access = unit.settings.last("Service", "NotifyAccess");
      if (access?.value !== "none") return;
      yield {
        ...atValue(access.file, access),
        says: "NotifyAccess=none leaves the watchdog or Type=notify in force",
        fix: "NotifyAccess=main; or take out what needs messages",
        edits: [setValue(access.file, access, "main")],
      };
    },
  },
];
