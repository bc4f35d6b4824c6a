import { expect } from "vitest";
import { DbusSystemd } from "../../src/host/dbus-systemd.ts";
import type { NamespaceHost } from "../../src/host/throwaway/throwaway.ts";
import { HoldfastError } from "../../src/report/diagnostic.ts";
import type { Diagnostic } from "../../src/report/diagnostic.ts";

/** Where the system bus of a throwaway host is, seen from outside. */
export function busOf(host: NamespaceHost): string {
  return host.bus;
}

/** The systemd of a throwaway host, spoken to from outside; closed at the end of the block. */
export function systemdOf(host: NamespaceHost): DbusSystemd & AsyncDisposable {
  const systemd = new DbusSystemd("system", () => ({ socket: busOf(host) }));
  return Object.assign(systemd, { [Symbol.asyncDispose]: () => systemd.close() });
}

/** What a call that should fail says, and the exit code it asks for. */
export async function troubleOf(call: Promise<unknown>): Promise<Diagnostic & { exitCode: number }> {
  const error = await call.then(
    (value) => expect.fail(`should have failed; it answered ${String(value)}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof HoldfastError)) throw error;
  return { ...error.diagnostics[0]!, exitCode: error.exitCode };
}
