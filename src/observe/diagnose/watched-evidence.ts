import type { Breaker, ServiceHealth } from "../../heal/service-state.ts";
import type { HealRow } from "../../heal/heal-row.ts";

/** What whoever watches knows of a service; null for what nobody knows. */
export type WatchedEvidence = {
  health: ServiceHealth | null;
  breaker: Breaker;
  lastHeal: HealRow | null;
  /** What its main process did when the last heal began, such as "was stopped by a signal (T)". */
  seen: string | null;
};
