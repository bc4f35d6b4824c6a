import type { CheckRule } from "../compile/watch-rule.ts";
import type { Reading } from "../heal/reading.ts";
import type { Host } from "../host/host.ts";
import { runCheck } from "../observe/probes/run-checks.ts";
import type { Say } from "./say.ts";
import type { SteadyClock } from "./steady-clock.ts";
import type { Tallies } from "./tallies.ts";
import type { Watched } from "./watched.ts";

export type ReadContext = { host: Host; clock: SteadyClock; tallies: Tallies; say: Say; signal: AbortSignal };

/** Makes one look. A log's lines come from the tally of its follower, as long as that keeps up. */
export async function readCheck(context: ReadContext, of: Watched, check: CheckRule): Promise<Reading> {
  const { host, clock, tallies, say, signal } = context;
  const ask = (tallied: boolean): Promise<Reading> =>
    runCheck(
      {
        host,
        watch: of.file,
        service: of.rule,
        unit: of.state.unit,
        kept: (id) => of.state.checks[id]?.kept ?? null,
        tally: (id) => (tallied ? (of.tallies.get(id) ?? null) : null),
        clock: () => clock.now(),
        signal,
      },
      check,
    );
  if (check.look.kind !== "log") return ask(false);
  if (!of.tallies.has(check.id))
    return { result: "unknown", value: null, limit: null, says: "its lines are not counted yet" };
  const behind = tallies.trouble;
  if (behind !== null)
    return { result: "unknown", value: null, limit: null, says: behind, dueAt: clock.now() + 2000 };
  const reading = await ask(true);
  const isNew = of.state.checks[check.id]?.last?.result !== "fail";
  if (reading.result !== "fail" || !isNew) return reading;
  // Before anybody acts on it, the journal itself is asked: who follows it may have missed something.
  const asked = await ask(false);
  if (asked.result !== "ok") return reading;
  say(4, `${of.name}: ${check.id} is good by the journal itself (${asked.says}); it is followed anew`);
  tallies.restart();
  return asked;
}
