import { setTimeout as wait } from "node:timers/promises";
import { describeDuration } from "../../value/duration.ts";
import { lastingSince } from "./lasting.ts";
import { keptNumber, probeOf, reading } from "./local-probe.ts";
import { readCpu, readGroup } from "./unit-group.ts";

/** A shorter time says too little: the kernel counts in ticks of 10 ms. */
const shortest = 250;

/** CPU time between two looks, in percent of one core; at the first look, of a quarter of a second. */
export const probeCpu = probeOf("cpu", async (context, look) => {
  const { host, service, unit, now, kept, signal } = context;
  const group = await readGroup(host, service.unit);
  if (group === null) return reading("unknown", "it has no control group");
  let { value: used, of } = await readCpu(host, group);
  let at = now;
  let before = earlier(used);
  if (before === null) {
    // Not by the clock, which may be set meanwhile.
    const began = performance.now();
    await wait(shortest, undefined, { signal });
    const from = used;
    ({ value: used, of } = await readCpu(host, group));
    at = now + Math.round(performance.now() - began);
    before = { used: from, millis: performance.now() - began };
  }
  const value = Math.round(((used - before.used) / before.millis) * 1000) / 10;
  const above = lastingSince(context, value > look.atMost);
  const state = { used, of, at, above, invocation: unit.invocation };
  const span = describeDuration(before.millis);
  const uses = `it used ${value} % of a core in the last ${span}`;
  const rest = { value, limit: look.atMost, kept: state };
  if (above === null) return reading("ok", uses, rest);
  const long = now - above;
  const since = look.lasting === 0 ? "" : ` for ${describeDuration(long)}`;
  if (long >= look.lasting) return reading("fail", `${uses}, over ${look.atMost} %${since}`, rest);
  const says = `${uses}, over ${look.atMost} %; that may last ${describeDuration(look.lasting)}`;
  return reading("ok", says, { ...rest, dueAt: above + look.lasting });

  /** The look before, if it was of the same run, and counted the same way. */
  function earlier(used: number): { used: number; millis: number } | null {
    const [then, when] = [keptNumber(kept, "used"), keptNumber(kept, "at")];
    if (then === null || when === null || kept?.["invocation"] !== unit.invocation) return null;
    return now - when >= shortest && used >= then && kept["of"] === of
      ? { used: then, millis: now - when }
      : null;
  }
});
