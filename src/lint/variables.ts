import { parseEnvFile } from "../spec/env-file.ts";
import { splitWords } from "../unit/words.ts";
import { inForce } from "./in-force.ts";
import type { LintUnit } from "./lint-unit.ts";
import type { LintContext } from "./rule.ts";

/** The variables that commands of a unit can use. */
export type Variables = {
  /** Set by the unit, or by systemd. */
  names: ReadonlySet<string>;
  /** Set by the unit itself. */
  sure: ReadonlySet<string>;
  values: ReadonlyMap<string, string>;
  /** Whether there can be no others. */
  complete: boolean;
};

/** What systemd sets by itself (systemd.exec(5), "Environment Variables Set or Propagated by the Service Manager"). */
const always =
  "PATH LANG LANGUAGE LC_ALL LC_CTYPE LC_NUMERIC LC_TIME LC_COLLATE LC_MONETARY LC_MESSAGES LC_PAPER LC_NAME LC_ADDRESS " +
  "LC_TELEPHONE LC_MEASUREMENT LC_IDENTIFICATION INVOCATION_ID MAINPID MANAGERPID LISTEN_FDS LISTEN_PID LISTEN_FDNAMES " +
  "NOTIFY_SOCKET WATCHDOG_PID WATCHDOG_USEC SYSTEMD_EXEC_PID TERM LOG_NAMESPACE JOURNAL_STREAM SERVICE_RESULT EXIT_CODE " +
  "EXIT_STATUS MONITOR_SERVICE_RESULT MONITOR_EXIT_CODE MONITOR_EXIT_STATUS MONITOR_INVOCATION_ID MONITOR_UNIT PIDFILE " +
  "REMOTE_ADDR REMOTE_PORT TRIGGER_UNIT TRIGGER_PATH TRIGGER_TIMER_REALTIME_USEC TRIGGER_TIMER_MONOTONIC_USEC " +
  "MEMORY_PRESSURE_WATCH MEMORY_PRESSURE_WRITE FDSTORE DEBUG_INVOCATION RUNTIME_DIRECTORY STATE_DIRECTORY CACHE_DIRECTORY " +
  "LOGS_DIRECTORY CONFIGURATION_DIRECTORY CREDENTIALS_DIRECTORY SYSTEMD_LOG_LEVEL COLUMNS LINES NO_COLOR DBUS_STARTER_ADDRESS";

const ofUsers = "HOME USER LOGNAME SHELL";

const remembered = new WeakMap<LintUnit, Variables>();

/** Which variables a unit's commands can use, as far as its files tell, and its environment files where there is a host. */
export function knownVariables(unit: LintUnit, { host, systemd }: LintContext): Variables {
  const known = remembered.get(unit);
  if (known) return known;
  const values = new Map<string, string>();
  const names = new Set(always.split(" "));
  let complete = unit.scope === "system" && !unit.partial;
  for (const { section, key, value } of inForce(unit)) {
    if (section === "Unit" || section === "Install") continue;
    if (key === "User" || (key === "DynamicUser" && value !== "no") || key === "SetLoginEnvironment")
      for (const name of ofUsers.split(" ")) names.add(name);
    if (key === "PAMName") complete = false;
    if (key === "PassEnvironment") for (const name of value.split(/\s+/)) names.add(name);
    if (key === "Environment")
      for (const { text } of splitWords(value).words) {
        const equals = text.indexOf("=");
        if (equals > 0) values.set(text.slice(0, equals), text.slice(equals + 1));
      }
    if (key === "EnvironmentFile") {
      const path = value.replace(/^-/, "");
      const text = /[%*?[]/.test(path) ? null : (host?.text(path) ?? null);
      if (text === null) complete = false;
      else
        for (const [name, one] of parseEnvFile(text, path, { systemd }).values) values.set(name, one.value);
    }
  }
  const sure = new Set(values.keys());
  const found = { names: new Set([...names, ...sure]), sure, values, complete };
  remembered.set(unit, found);
  return found;
}
