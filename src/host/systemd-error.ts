import { exitCode, HoldfastError, type Diagnostic } from "../report/diagnostic.ts";
import { BusError } from "./dbus.ts";
import type { Scope } from "./host.ts";

type Kind = Pick<Diagnostic, "code" | "fix">;

const sudo: Kind = { code: "host/not-permitted", fix: "run it with sudo" };
const noSuchUnit: Kind = { code: "host/no-such-unit" };
const reload: Kind = {
  code: "host/unit-not-loaded",
  fix: "systemctl daemon-reload, then systemctl status of the unit",
};

/** Error names of systemd (org.freedesktop.systemd1(5)) and of the bus that deserve a name and an advice of their own. */
const kinds: Readonly<Record<string, Kind>> = {
  "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired": sudo,
  "org.freedesktop.DBus.Error.AccessDenied": sudo,
  "org.freedesktop.DBus.Error.AuthFailed": sudo,
  "org.freedesktop.PolicyKit1.Error.NotAuthorized": sudo,
  "org.freedesktop.systemd1.NoSuchUnit": noSuchUnit,
  "org.freedesktop.DBus.Error.FileNotFound": noSuchUnit,
  "org.freedesktop.systemd1.NoSuchProcess": { code: "host/no-such-process" },
  "org.freedesktop.systemd1.UnitMasked": { code: "host/unit-masked", fix: "systemctl unmask of the unit" },
  "org.freedesktop.systemd1.BadUnitSetting": {
    code: "host/bad-unit",
    fix: "systemd-analyze verify of the unit",
  },
  "org.freedesktop.systemd1.LoadFailed": reload,
  "org.freedesktop.systemd1.UnitExists": { code: "host/unit-exists" },
  "org.freedesktop.systemd1.JobTypeNotApplicable": { code: "host/not-applicable" },
  "org.freedesktop.systemd1.TransactionIsDestructive": {
    code: "host/conflicting-job",
    fix: "systemctl list-jobs",
  },
  "org.freedesktop.systemd1.TransactionJobsConflicting": {
    code: "host/conflicting-job",
    fix: "systemctl list-jobs",
  },
  "org.freedesktop.systemd1.ShuttingDown": { code: "host/shutting-down" },
};

/** The bus is there, but nobody answers to org.freedesktop.systemd1 on it. */
const noManager = /^org\.freedesktop\.DBus\.Error\.(ServiceUnknown|NameHasNoOwner|Spawn\..*)$/;

/** `task` completes "Cannot ...", such as "start api.service". Anything that is no D-Bus trouble is returned as it is. */
export function describeBusError(error: unknown, task: string, scope: Scope): unknown {
  if (!(error instanceof BusError)) return error;
  if (error.kind === "connect" || noManager.test(error.reply)) return noSystemd(error, scope);
  if (error.kind === "closed") {
    const detail = "It is not known whether systemd did what was asked.";
    return unreachable(
      "host/connection-lost",
      `Cannot ${task}: the connection to systemd was lost (${error.message})`,
      error,
      {
        detail,
      },
    );
  }
  if (error.kind === "timeout") {
    return unreachable("host/no-answer", `Cannot ${task}: systemd did not answer (${error.message})`, error, {
      fix: `systemctl ${scope === "user" ? "--user " : ""}is-system-running`,
    });
  }
  const kind = kinds[error.reply] ?? { code: "host/systemd-error", detail: error.reply };
  const summary = `Cannot ${task}: ${error.message.replace(/\.$/, "")}`;
  return new HoldfastError({ severity: "error", summary, ...kind }, exitCode.failed, { cause: error });
}

function noSystemd(error: BusError, scope: Scope): HoldfastError {
  const fix =
    scope === "user"
      ? `log in as that user, or: sudo loginctl enable-linger USER; then set XDG_RUNTIME_DIR=/run/user/UID`
      : `run it on a host whose PID 1 is systemd, with the dbus package installed`;
  const advice = { fix, ...(error.reply === "" ? {} : { detail: error.reply }) };
  return unreachable("host/no-systemd", `Cannot reach systemd: ${error.message}`, error, advice);
}

function unreachable(
  code: string,
  summary: string,
  cause: unknown,
  advice: Pick<Diagnostic, "fix" | "detail">,
): HoldfastError {
  return new HoldfastError({ severity: "error", code, summary, ...advice }, exitCode.unreachable, { cause });
}
