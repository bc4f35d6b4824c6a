import type { CheckRule, WatchFile, WatchRule } from "../../compile/watch-rule.ts";
import type { Kept, Reading } from "../../heal/reading.ts";
import type { UnitFacts } from "../../heal/service-state.ts";
import type { Host } from "../../host/host.ts";
import type { LineTally } from "./line-tally.ts";

/** What a probe is given. It asks once, changes nothing on the host, and never throws: what it cannot tell is "unknown". */
export type ProbeContext = {
  readonly host: Host;
  readonly watch: Pick<WatchFile, "app" | "scope" | "namespace">;
  readonly service: WatchRule;
  readonly check: CheckRule;
  readonly unit: UnitFacts;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What it returned as `kept` the last time. */
  readonly kept: Kept | null;
  /** Lines of a log check as the agent has counted them; null when nobody follows, so that the probe reads the journal. */
  readonly tally: LineTally | null;
  readonly signal: AbortSignal;
};

export type Probe = (context: ProbeContext) => Promise<Reading>;
