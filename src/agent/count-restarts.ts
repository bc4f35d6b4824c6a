import type { UnitFacts } from "../heal/service-state.ts";
import type { UnitMark } from "../store/watch.ts";

/**
 * How often systemd itself has restarted the unit since it was last looked at, also while nobody looked: by its own count,
 * which begins anew with each boot and with each deliberate start (NRestarts in org.freedesktop.systemd1(5)).
 */
export function restartsSince(
  mark: UnitMark | null,
  { restarts }: Pick<UnitFacts, "restarts">,
  boot: string,
): number {
  // Never seen before: what was before is not known to be recent.
  if (mark === null) return 0;
  if (mark.boot !== boot || restarts < mark.restarts) return restarts;
  return restarts - mark.restarts;
}

/** What to remember of it; the same one when nothing has changed that matters. */
export function markOf(
  mark: UnitMark | null,
  { invocation, restarts }: Pick<UnitFacts, "invocation" | "restarts">,
  boot: string,
  at: number,
): UnitMark {
  const same = mark?.boot === boot && mark.restarts === restarts && mark.invocation === invocation;
  return same ? mark : { invocation, restarts, boot, at };
}
