import { spawn } from "node:child_process";

/** Tells the service manager how we are: "READY=1", "STATUS=…", "WATCHDOG=1", "STOPPING=1" (sd_notify(3)). Never throws. */
export type Notify = (...lines: readonly string[]) => void;

/**
 * libsystemd by node:ffi (28 µs a call), or else systemd-notify(1) as a child (6 ms), for which the unit needs
 * NotifyAccess=all. Does nothing where nobody listens.
 */
export function openNotify(environment: NodeJS.ProcessEnv = process.env): Notify {
  if (!environment["NOTIFY_SOCKET"]) return () => {};
  const send = byLibrary() ?? byProgram;
  return (...lines) => send(lines);
}

/** Milliseconds after which systemd kills us when it has not heard WATCHDOG=1; null when it does not wait for it. */
export function watchdogTime(environment: NodeJS.ProcessEnv = process.env): number | null {
  const micros = Number(environment["WATCHDOG_USEC"]);
  const pid = environment["WATCHDOG_PID"];
  if (!(micros > 0) || (pid !== undefined && pid !== String(process.pid))) return null;
  return micros / 1000;
}

/** What we use of node:ffi, which has no types yet. */
type ForeignFunctions = {
  dlopen(
    path: string,
    functions: Record<string, { arguments: string[]; return: string }>,
  ): { functions: { sd_notify(keep: number, state: string): number } };
};

function byLibrary(): ((lines: readonly string[]) => void) | null {
  try {
    const ffi = process.getBuiltinModule("node:ffi") as unknown as ForeignFunctions | undefined;
    if (!ffi) return null;
    const definition = { sd_notify: { arguments: ["int32", "string"], return: "int32" } };
    const { functions } = ffi.dlopen("libsystemd.so.0", definition);
    return (lines) => {
      if (functions.sd_notify(0, lines.join("\n")) < 0) byProgram(lines);
    };
  } catch {
    return null;
  }
}

function byProgram(lines: readonly string[]): void {
  spawn("systemd-notify", lines, { stdio: "ignore" }).on("error", () => {});
}
