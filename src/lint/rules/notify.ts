import { setValue } from "../../unit/edit-unit.ts";
import type { LintUnit } from "../lint-unit.ts";
import { isWrapper, mentions, programOf, programText, type Program } from "../program.ts";
import { commandsOf, everyCommand, secondsOf, serviceType, type UnitCommand } from "../read-settings.ts";
import { atKey, atValue, type LintContext, type Rule } from "../rule.ts";

const saysReady =
  /sd[-_]?notify|NOTIFY_SOCKET|systemd-notify|systemd\.daemon|cysystemd|--sdnotify|SystemdNotif/i;

/** Messages of a service to systemd: ready, and alive. */
export const notifyRules: readonly Rule[] = [
  {
    id: "notify-silent",
    level: "risky",
    reason: "Type=notify waits until the program says that it is ready, and few programs do",
    happens: "without READY=1 the service is killed when its start times out, 90 s by default",
    source: "measured with systemd 252",
    bad: "[Service]\nType=notify\nExecStart=/usr/bin/python3 /srv/bot/main.py\n",
    good: "[Service]\nType=exec\nExecStart=/usr/bin/python3 /srv/bot/main.py\n",
    *check(unit, context) {
      if (unit.type !== "service" || !serviceType(unit).startsWith("notify")) return;
      const program = silentProgram(unit, context);
      if (program === null) return;
      const type = unit.settings.last("Service", "Type")!;
      yield {
        ...atValue(type.file, type),
        says: `Type=${type.value} waits for a message that ${programText(program)} does not send by itself`,
        fix: "have the program send READY=1 (sd_notify(3)); or Type=exec",
      };
    },
  },
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
      const program = silentProgram(unit, context);
      if (program === null) return;
      const watchdog = unit.settings.last("Service", "WatchdogSec")!;
      yield {
        ...atKey(watchdog.file, watchdog),
        says: `WatchdogSec=${watchdog.value} kills ${programText(program)} unless it sends WATCHDOG=1, which it does not by itself`,
        fix: "have the program's main loop send WATCHDOG=1 (sd_notify(3)); or take WatchdogSec= out",
      };
    },
  },
  {
    id: "notify-through-wrapper",
    level: "will-not-start",
    reason:
      "by default systemd hears the main process only, and here that is not the program but what started it",
    happens:
      "messages of the program are dropped: the start times out, or the watchdog kills a healthy service",
    source: "measured with systemd 252",
    bad: "[Service]\nType=notify\nExecStart=/usr/bin/npm start\n",
    good: "[Service]\nType=notify\nNotifyAccess=all\nExecStart=/usr/bin/npm start\n",
    *check(unit) {
      if (unit.type !== "service" || !needsMessages(unit) || !hearsMainOnly(unit)) return;
      for (const { setting, command } of commandsOf(unit, "ExecStart").slice(0, 1)) {
        const program = programOf(command);
        if (!isWrapper(program)) continue;
        yield {
          ...atValue(setting.file, setting, command.program),
          says: `${programText(program)} is the main process; what it runs is not heard`,
          fix: "run the program itself; or NotifyAccess=all",
          ...(program.kind === "shell" ? { level: "risky" as const } : {}),
        };
      }
    },
  },
  {
    id: "notify-by-tool",
    level: "will-not-do-what-it-says",
    reason: "systemd-notify is a process of its own, and by default systemd hears the main process only",
    happens: "the message is dropped, the tool exits 0, and the start times out",
    source: "measured with systemd 252; systemd-notify(1)",
    bad: "[Service]\nType=notify\nUser=bot\nExecStart=/bin/sh -c '/srv/bot/warm-up; systemd-notify --ready; exec /srv/bot/run'\n",
    good: "[Service]\nType=notify\nNotifyAccess=all\nUser=bot\nExecStart=/bin/sh -c '/srv/bot/warm-up; systemd-notify --ready; exec /srv/bot/run'\n",
    *check(unit, context) {
      if (unit.type !== "service" || !hearsMainOnly(unit)) return;
      for (const { setting, command, key } of everyCommand(unit)) {
        if (!/^Exec(Start|StartPost)$/.test(key)) continue;
        if (!callsTool(programOf(command), context)) continue;
        yield {
          ...atValue(setting.file, setting),
          says: `systemd-notify is not heard: NotifyAccess= is ${unit.settings.value("Service", "NotifyAccess") ?? "not set"}`,
          fix: "NotifyAccess=all",
          // As root, systemd-notify speaks in the name of the process that called it.
          ...(runsAsRoot(unit) ? { level: "risky" as const } : {}),
        };
      }
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

function needsMessages(unit: LintUnit): boolean {
  return serviceType(unit).startsWith("notify") || (secondsOf(unit, "WatchdogSec") ?? 0) > 0;
}

function hearsMainOnly(unit: LintUnit): boolean {
  const access = unit.settings.value("Service", "NotifyAccess");
  if (access === null) return needsMessages(unit);
  return access === "main" || access === "exec" || access === "none";
}

/** A program of which it is known that it says nothing by itself; null when it may, or when someone has thought of it. */
function silentProgram(unit: LintUnit, context: LintContext): Program | null {
  if (unit.settings.has("Service", "NotifyAccess")) return null;
  const commands: UnitCommand[] = commandsOf(unit, "ExecStart");
  if (commands.length !== 1) return null;
  const program = programOf(commands[0]!.command);
  const silent =
    (program.kind === "interpreter" && program.script !== null) ||
    (program.kind === "shell" && (program.inline !== null || program.script !== null)) ||
    /^(uvicorn|nginx|flask|celery|npm|yarn|pnpm)$/.test(program.name);
  if (!silent || isWrapper(program)) return null;
  if (mentions(program, saysReady, context.host)) return null;
  // A packaged script without its text may well speak: only those of one's own are judged unseen.
  if (program.script?.startsWith("/usr/") && !context.host?.text(program.script)) return null;
  return program;
}

function callsTool(program: Program, { host }: LintContext): boolean {
  const text =
    program.inline ??
    (program.name === "systemd-notify" ? `systemd-notify ${program.arguments.join(" ")}` : "");
  const script = program.script?.startsWith("/") ? host?.text(program.script) : null;
  return [text, script ?? ""].some((one) =>
    /\bsystemd-notify\b(?![^\n]*--(exec|booted|help|version))/.test(one),
  );
}

function runsAsRoot({ settings, scope }: LintUnit): boolean {
  const user = settings.value("Service", "User");
  return (
    scope === "system" &&
    (user === null || user === "root" || user === "0") &&
    settings.value("Service", "DynamicUser") === null
  );
}
