import type { UnitFacts } from "../heal/service-state.ts";
import type { Intent } from "../plan/change.ts";
import type { Silence } from "../tell/incident.ts";
import { printable } from "../value/printable.ts";
import type { Memory } from "./memory.ts";

/** What people have decided, by unit, and which applications are being changed. */
export type Said = {
  intents: ReadonlyMap<string, Intent>;
  changing: ReadonlySet<string>;
  /** What holds back messages, and heals but for a mute. */
  silences: readonly Silence[];
};

export const nothingSaid: Said = { intents: new Map(), changing: new Set(), silences: [] };

/** Reads it for these applications. */
export function readSaid(memory: Memory, apps: readonly string[], now: number): Said {
  const intents = apps.flatMap((app) => [...memory.records.intents(app)]);
  const silences = apps.flatMap((app) => memory.silences.inForce(app, now));
  return {
    intents: new Map(intents),
    changing: new Set(memory.changes.openApps()),
    silences,
  };
}

/** Why a service is not healed now, and why it is not even looked at; null when it is. */
export function heldBack(
  silences: readonly Silence[],
  app: string,
  service: string,
  now: number,
): { paused: string | null; unwatched: string | null } {
  const found = silences.filter(
    (one) =>
      one.kind !== "mute" &&
      one.app === app &&
      (one.service ?? service) === service &&
      (one.until ?? Infinity) > now,
  );
  const words = ({ kind, who, why }: Silence): string => printable(`${kind} by ${who}: ${why}`);
  const pause = found.find(({ kind }) => kind === "pause");
  const [first] = found;
  return {
    paused: first === undefined ? null : words(first),
    unwatched: pause === undefined ? null : words(pause),
  };
}

/**
 * Who has stopped it on purpose, in words; null when nobody did. What is inactive without a failure, was not stopped by Holdfast, and
 * has not ended by itself, was stopped by systemctl.
 */
export function stoppedBy(intent: Intent | undefined, unit: UnitFacts, isOurs: boolean): string | null {
  if (intent?.stopped)
    return printable(
      `${intent.who} stopped it at ${intent.at}${intent.why === null ? "" : `: ${intent.why}`}`,
    );
  if (isOurs || unit.active !== "inactive" || unit.result !== "success" || unit.endedByItself) return null;
  return "it was stopped outside Holdfast";
}
