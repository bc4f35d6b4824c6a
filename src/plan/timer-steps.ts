import type { Desired, DesiredTimer } from "./desired.ts";
import { isRunning, type HostState } from "./host-state.ts";
import type { FileChange, Step } from "./plan.ts";

/** Should the timer be armed now? An operator's word about starting at boot goes for arming it, too. */
function isWanted(timer: DesiredTimer): boolean {
  return timer.enable;
}

/** A timer that is taken over and elapses as it did goes on. */
function differingUnits(changed: readonly FileChange[]): ReadonlySet<string | undefined> {
  return new Set(changed.filter(({ asItWas }) => !asItWas).map(({ unit }) => unit));
}

/** Timers whose times change are stopped first: systemd would run a job at once whose new time has passed today (systemd#16732). */
export function stopTimers(
  desired: Desired | null,
  state: HostState,
  changed: readonly FileChange[],
): Step[] {
  const differing = differingUnits(changed);
  return (desired?.timers ?? []).flatMap((timer): Step[] => {
    const running = isRunning(state.units[timer.unit]?.active);
    if (!running || (isWanted(timer) && !differing.has(timer.unit))) return [];
    return [
      {
        kind: "stop",
        unit: timer.unit,
        because: isWanted(timer) ? "its times change" : "it is not armed any more",
      },
    ];
  });
}

/** Arms timers by the recipe that runs no job: touch the stamp, start, and read back when it elapses next. */
export function startTimers(
  desired: Desired | null,
  state: HostState,
  changed: readonly FileChange[],
): Step[] {
  const differing = differingUnits(changed);
  return (desired?.timers ?? []).flatMap((timer): Step[] => {
    const running = isRunning(state.units[timer.unit]?.active);
    if (!isWanted(timer) || (running && !differing.has(timer.unit))) return [];
    return [
      ...touchStamp(timer, state),
      { kind: "start", unit: timer.unit, because: "arms it", mayMake: [] },
      ...(timer.unit.endsWith(".timer") ? [{ kind: "check-timer" as const, timer: timer.unit }] : []),
    ];
  });
}

function touchStamp({ unit }: DesiredTimer, state: HostState): Step[] {
  const stamp = state.stamps[unit];
  if (!stamp) return [];
  const { path, exists, missingDirectories } = stamp;
  return [{ kind: "touch-stamp", timer: unit, path, existed: exists, makes: missingDirectories }];
}
