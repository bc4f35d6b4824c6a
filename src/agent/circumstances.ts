import type { UnitFacts } from "../heal/service-state.ts";
import type { Intent } from "../plan/change.ts";
import { printable } from "../value/printable.ts";
import type { Memory } from "./memory.ts";

/** What people have decided, by unit, and which applications are being changed. */
export type Said = { intents: ReadonlyMap<string, Intent>; changing: ReadonlySet<string> };

export const nothingSaid: Said = { intents: new Map(), changing: new Set() };

/** Reads it for these applications. */
export function readSaid(memory: Memory, apps: readonly string[]): Said {
  const intents = apps.flatMap((app) => [...memory.records.intents(app)]);
  return { intents: new Map(intents), changing: new Set(memory.changes.openApps()) };
}

/**
 * Who has stopped it on purpose, in words; null when nobody did. What is inactive without a failure, and was not stopped by
 * Holdfast, was stopped by systemctl or has ended by itself: neither is fought.
 */
export function stoppedBy(intent: Intent | undefined, unit: UnitFacts, isOurs: boolean): string | null {
  if (intent?.stopped)
    return printable(
      `${intent.who} stopped it at ${intent.at}${intent.why === null ? "" : `: ${intent.why}`}`,
    );
  if (isOurs || unit.active !== "inactive" || unit.result !== "success") return null;
  return "it was stopped outside Holdfast, or ended without an error";
}
