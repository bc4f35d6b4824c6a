import { agentUnit } from "../compile/names.ts";
import type { Stage } from "./stage.ts";
import { lookAt } from "./watch-unit.ts";

/** A heal shows within so long whether it has helped. */
const longestProof = 90_000;
const between = 200;

/**
 * Has a fault begin as if nothing had ever happened: incidents that earlier ones left open are called over, their heals come to
 * their end, and all of it is so long ago that no budget and no breaker counts it. The agent reads the record before it decides
 * anything, so that this is in force at once; only what it remembers of checks is lost by a start. False when something stays open.
 */
export async function beginAnew(stage: Stage): Promise<boolean> {
  const { app } = stage.spec;
  const deadline = performance.now() + longestProof * stage.pace.slowness;
  for (;;) {
    const { heals, incidents, checks } = await stage.inside.dateBack(app);
    if (heals === 0 && incidents.length === 0) {
      if (checks > 0) await forgetChecks(stage);
      return true;
    }
    if (performance.now() >= deadline) return false;
    for (const name of incidents)
      await stage.holdfast("incident", "resolve", name, "--reason", "the rehearsal goes on");
    if (heals > 0) await new Promise((resolve) => setTimeout(resolve, between));
  }
}

/** A check that has failed is good again after a minute; until then a failure of it is no news, and nobody is told. */
async function forgetChecks(stage: Stage): Promise<void> {
  if ((await lookAt(stage.outside, agentUnit)).active !== "active") return;
  await stage.outside.systemd.stop(agentUnit);
  await stage.inside.dateBack(stage.spec.app);
  await stage.outside.systemd.start(agentUnit);
}
