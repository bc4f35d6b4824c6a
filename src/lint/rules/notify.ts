import { hearsMainOnly, needsMessages, silentProgram } from "../notify.ts";
import type { LintUnit } from "../lint-unit.ts";
import { isWrapper, programOf, programText, type Program } from "../program.ts";
import { commandsOf, everyCommand, serviceType } from "../read-settings.ts";
import { atValue, type LintContext, type Rule } from "../rule.ts";

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
    reason:
      "systemd-notify is a process of its own, and by default systemd hears the main process only; as root alone it can speak for another one",
    happens: "the message is dropped, the tool exits 0, and the start times out",
    source: "measured with systemd 252; systemd-notify(1)",
    bad: "[Service]\nType=notify\nUser=bot\nExecStart=/bin/sh -c '/srv/bot/warm-up; systemd-notify --ready; exec /srv/bot/run'\n",
    good: "[Service]\nType=notify\nNotifyAccess=all\nUser=bot\nExecStart=/bin/sh -c '/srv/bot/warm-up; systemd-notify --ready; exec /srv/bot/run'\n",
    *check(unit, context) {
      // As root, systemd-notify speaks in the name of the process that called it, and is heard.
      if (unit.type !== "service" || !hearsMainOnly(unit) || runsAsRoot(unit)) return;
      for (const { setting, command, key } of everyCommand(unit)) {
        if (!/^Exec(Start|StartPost)$/.test(key)) continue;
        if (!callsTool(programOf(command), context)) continue;
        yield {
          ...atValue(setting.file, setting),
          says: `systemd-notify is not heard: NotifyAccess= is ${unit.settings.value("Service", "NotifyAccess") ?? "not set"}`,
          fix: "NotifyAccess=all",
        };
      }
    },
  },
];

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
