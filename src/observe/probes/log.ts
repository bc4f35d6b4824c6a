import { fillTallies } from "./fill-tallies.ts";
import { judgeLines } from "./judge-lines.ts";
import { LineTally } from "./line-tally.ts";
import { probeOf } from "./local-probe.ts";

/**
 * journalctl --follow hands lines over in batches, 0.48 s after they were written (measured). Silence is judged so much
 * later, lest a line that is under way be missed; a limit is then noticed to have passed within its second. The same
 * where nobody follows, so that all levels say the same.
 */
const lateLines = 700;

/** What the service itself writes to the journal: how old it is, and how much of it there is. */
export const probeLog = probeOf("log", async (context, look) => {
  const { now, unit, watch, signal } = context;
  const tally = context.tally ?? new LineTally(look);
  if (context.tally === null) {
    const readable = AbortSignal.any([
      signal,
      AbortSignal.timeout(Math.max(100, context.check.timeout * 0.8)),
    ]);
    await fillTallies(watch, [{ unit: context.service.unit, tally, since: unit.activeSince }], now, readable);
  }
  const noun = look.match === null ? "line" : "matching line";
  return judgeLines(tally, { now, since: unit.activeSince, late: lateLines, noun });
});
