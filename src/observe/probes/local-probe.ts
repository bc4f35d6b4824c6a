import type { Look, LookKind } from "../../compile/watch-rule.ts";
import { isOwn } from "../../heal/look-facts.ts";
import type { Kept, Reading, Result } from "../../heal/reading.ts";
import { describeDuration } from "../../value/duration.ts";
import { printable } from "../../value/printable.ts";
import type { Probe, ProbeContext } from "./probe.ts";

export type LookOf<K extends LookKind> = Extract<Look, { kind: K }>;

/** A Reading without a measured value; `kept` goes on as it was when nothing else is said. */
export function reading(
  result: Result,
  says: string,
  rest: Partial<Omit<Reading, "result" | "says">> = {},
): Reading {
  return { result, value: null, limit: null, says: printable(says), ...rest };
}

/**
 * A probe that looks at something on this host. What is about the running program is skipped when it does not run; a look
 * that takes longer than the check's timeout or breaks is unknown: that this host could not tell says nothing about the
 * service. What was kept is then kept on. `late` is what to say instead when it takes too long.
 */
export function probeOf<K extends LookKind>(
  kind: K,
  look: (context: ProbeContext, look: LookOf<K>) => Promise<Reading>,
  late = (within: string): Reading => reading("unknown", `the look was not done within ${within}`),
): Probe {
  return async (context) => {
    const began = performance.now();
    const skipped = isOwn(context.check) ? notRunning(context) : null;
    const found = skipped ?? (await bounded(context, () => look(context, lookOf(kind, context)), late));
    const kept = found.kept ?? context.kept ?? undefined;
    return { ...found, ...(kept ? { kept } : {}), took: Math.round(performance.now() - began) };
  };
}

/** Why a look at a service that does not run is not made; null when it runs. */
export function notRunning({ unit }: Pick<ProbeContext, "unit">): Reading | null {
  if (unit.active === "active" || unit.active === "reloading") return null;
  if (unit.active === "unknown") return reading("unknown", "systemd could not be asked about its unit");
  if (unit.active === "activating")
    return reading("skipped", unit.sub === "auto-restart" ? "it waits to be restarted" : "it is starting");
  return reading("skipped", unit.active === "deactivating" ? "it is stopping" : "it does not run");
}

/** What a check looks at; a check of another kind is a mistake of ours. */
export function lookOf<K extends LookKind>(kind: K, { check }: ProbeContext): LookOf<K> {
  if (check.look.kind !== kind) throw new Error(`a ${check.look.kind} check was given to the ${kind} probe`);
  return check.look as LookOf<K>;
}

async function bounded(
  { check, signal }: ProbeContext,
  look: () => Promise<Reading>,
  late: (within: string) => Reading,
): Promise<Reading> {
  const calledOff = reading("unknown", "the look was called off");
  if (signal.aborted) return calledOff;
  let stop = (): void => {};
  const other = new Promise<Reading>((resolve) => {
    const called = (): void => resolve(calledOff);
    const timer = setTimeout(() => resolve(late(describeDuration(check.timeout))), check.timeout);
    signal.addEventListener("abort", called);
    stop = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", called);
    };
  });
  try {
    return await Promise.race([look(), other]);
  } catch (error) {
    return reading("unknown", troubleOf(error));
  } finally {
    stop();
  }
}

/** What went wrong, in words and in one line. */
export function troubleOf(error: unknown): string {
  const { code, path, message } = error as NodeJS.ErrnoException;
  const where = path === undefined ? "" : ` ${path}`;
  if (code === "EACCES" || code === "EPERM") return `no permission to look at${where || " it"}`;
  if (code === "ELOOP" || code === "ENOTDIR" || code === "EIO") return `cannot look at${where}: ${code}`;
  return `cannot look: ${message.split("\n", 1)[0]}`;
}

/** A number that was kept; null when there is none, or when something else is there. */
export function keptNumber(kept: Kept | null, name: string): number | null {
  const value = kept?.[name];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
