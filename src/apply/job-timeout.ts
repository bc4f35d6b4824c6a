import type { JobOptions } from "../host/host.ts";
import type { DesiredService } from "../plan/desired.ts";

const minute = 60_000;
/** What a timer of Node can hold. */
const longest = 2 ** 31 - 1;

/**
 * How long a job of a service may take at the very most. systemd keeps its own time-outs, each of which can pass several
 * times in one job (systemd.service(5): preconditions, start, stop, after-stop); ours must never be the first to pass.
 */
export function jobTimeout(service: DesiredService): JobOptions {
  const most = 3 * service.gate.within + 4 * service.stopTimeout + minute;
  return { timeout: Math.min(longest, Math.max(5 * minute, most)) };
}
