import type { AskedHealth } from "../observe/ask-health.ts";
import type { HealRow } from "../heal/heal-row.ts";
import type { readBreaker, Watching } from "./watching.ts";

/** One service as it was found. */
export type FoundHealth = AskedHealth & {
  app: string;
  service: string;
  unitName: string;
  watching: Watching;
  breaker: Awaited<ReturnType<typeof readBreaker>>;
  stoppedBy: string | null;
  heals: { used: number; limit: number; window: number; last: HealRow | null };
};
