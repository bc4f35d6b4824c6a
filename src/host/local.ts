import { DbusSystemd, busAddress } from "./dbus-systemd.ts";
import type { Host, Scope } from "./host.ts";
import { localFiles } from "./local-files.ts";
import { run } from "./run.ts";

/** `busPath`: the socket of another bus than the scope's own, such as that of a throwaway host. */
export type LocalOptions = { busPath?: string };

/** This machine. Opening it costs nothing: the connection to systemd is made by the first question to it. */
export async function openLocalHost(scope: Scope, options: LocalOptions = {}): Promise<Host> {
  const { busPath } = options;
  const systemd = new DbusSystemd(scope, () =>
    busPath === undefined ? busAddress(scope) : { socket: busPath },
  );
  return {
    scope,
    files: localFiles,
    systemd,
    run,
    mayChange: scope === "user" || process.getuid?.() === 0,
    close: () => systemd.close(),
  };
}
