import type { Scene } from "../fault.ts";
import type { Seen } from "../outcome.ts";
import { describeTold, waitTold } from "./wait-told.ts";

/** Longer than a round of checks by a timer takes. */
const aRound = 75_000;

/** What ended without an error stays down, as its policy says: then somebody is to hear of it. */
export async function judgeCleanEnd({ subject, stage, watch }: Scene, since: number): Promise<Seen> {
  const { app, name, restart, watched } = subject;
  const promise = `when ${name} ends by itself, it runs again or somebody hears of it`;
  const because = `services.${name}.restart.on: ${restart.on}`;
  const down = await watch.until(5000, ({ active }) => active === "inactive" || active === "failed");
  if (!down) return { verdict: "not-rehearsed", promise, because, says: "it did not end" };
  const detect = watch.now;
  const patience = stage.spec.supervision === "probes" ? aRound : undefined;
  const told = watched ? await waitTold(stage, app, since, undefined, patience) : [];
  await stage.holdfast("start", `${app}/${name}`);
  const seen = { promise, because, detect } as const;
  if (told.length > 0)
    return { verdict: "kept", ...seen, says: `it stays down, ${describeTold(told, stage.spec)}` };
  const fix = `services.${name}.restart.on: always`;
  return watched
    ? { verdict: "broken", ...seen, says: "it stayed down, and nobody would have been told", fix }
    : { verdict: "gap", ...seen, says: "it stays down, and nobody looks at it", fix };
}
