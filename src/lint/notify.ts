import type { LintUnit } from "./lint-unit.ts";
import { isWrapper, mentions, programOf, type Program } from "./program.ts";
import { commandsOf, secondsOf, serviceType } from "./read-settings.ts";
import type { LintContext } from "./rule.ts";

/** What a program says, or uses, that sends messages to systemd. */
const saysReady =
  /sd[-_]?notify|NOTIFY_SOCKET|systemd-notify|systemd\.daemon|cysystemd|--sdnotify|SystemdNotif|gunicorn/i;

/** Whether systemd waits for messages of the service. */
export function needsMessages(unit: LintUnit): boolean {
  return serviceType(unit).startsWith("notify") || (secondsOf(unit, "WatchdogSec") ?? 0) > 0;
}

/** Whether only the main process is heard. */
export function hearsMainOnly(unit: LintUnit): boolean {
  const access = unit.settings.value("Service", "NotifyAccess");
  if (access === null) return needsMessages(unit);
  return access === "main" || access === "exec" || access === "none";
}

/** A program of which it is known that it says nothing by itself; null when it may, or when someone has thought of it. */
export function silentProgram(unit: LintUnit, context: LintContext): Program | null {
  if (unit.settings.has("Service", "NotifyAccess")) return null;
  const commands = commandsOf(unit, "ExecStart");
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
