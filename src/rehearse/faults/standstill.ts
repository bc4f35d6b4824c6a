import { describeDuration } from "../../value/duration.ts";
import type { WatchRule } from "../../compile/watch-rule.ts";
import { inHours } from "../../heal/hours.ts";
import type { Scene } from "../fault.ts";
import type { Seen } from "../outcome.ts";
import { freezeLimit, type Subject } from "../subject.ts";
import { backAgain, patienceFor } from "./comes-back.ts";

/** What takes longer to be seen is not waited for. */
export const longestLimit = 45_000;
/** What a busy machine may add. */
const slack = 15_000;

/** Who is to see that a program stands still, how soon, and whether it is healed then. */
export type Expected = { promise: string; because: string; limit: number; heals: boolean };

/** Who is to see it; or what is to be said when nobody does, or not in time for a rehearsal. */
export function expectToSee(subject: Subject, standsStill: string): Expected | Seen {
  const { name } = subject;
  const limit = freezeLimit({ ...subject, rule: looksNow(subject.rule) });
  const promise = `${name} is seen to ${standsStill}, and restarted`;
  if (limit === null && freezeLimit(subject) !== null)
    return {
      verdict: "not-rehearsed",
      promise,
      because: `services.${name}.health`,
      says: "its checks look within their hours only, and now is none of them",
    };
  if (limit === null)
    return {
      verdict: "gap",
      promise,
      because: `services.${name} has no watchdog, and no check that the agent asks`,
      says: "nobody would notice: systemd calls a frozen program active",
      fix: `services.${name}.health: [{ beat: { within: 30s } }], or ready.http with a check of it`,
    };
  const because = limit.by === "watchdog" ? `services.${name}.watchdog` : `the check ${limit.by}`;
  if (limit.limit > longestLimit)
    return {
      verdict: "not-rehearsed",
      promise,
      because,
      says: `it would take ${describeDuration(limit.limit)} to be seen`,
    };
  return { promise, because, limit: limit.limit, heals: limit.heals };
}

/** The rule without the checks that do not look at this hour. */
function looksNow(rule: WatchRule): WatchRule {
  const checks = rule.checks.filter(({ during }) => inHours(during, Date.now()).open === true);
  return { ...rule, checks };
}

/** What became of a program that stands still; both in milliseconds since then, null when it did not happen. */
export type Healed = {
  detect: number | null;
  recover: number | null;
  /** Where "then" is on the timeline. */
  from?: number;
};

/** Waits until it has been seen and, where that heals, is ready again. */
export async function awaitHeal(
  scene: Scene,
  { limit, heals, because }: Expected,
  since = scene.watch.now,
): Promise<Healed> {
  const { subject, watch, before } = scene;
  const noticed = await watch.until(
    Math.max(0, limit + slack - (watch.now - since)),
    ({ pid, active }) => pid !== before.pid || active !== "active",
  );
  if (!noticed) return { detect: null, recover: null };
  const detect = watch.now - since;
  watch.note("check", `${because} has noticed it`);
  // A heal stops it first: what had to be killed for that has failed until the heal starts it again.
  const healedBy = patienceFor(subject) + subject.stopTimeout;
  const back = heals ? await backAgain(scene, healedBy, () => false) : null;
  return { detect, recover: back ? watch.now - since : null, from: since };
}

/** The verdict when it was noticed: it is ready again, or not. */
export function judgeHealed({ promise, because }: Expected, { recover, from }: Healed, detect: number): Seen {
  const when = from === undefined ? {} : { from };
  if (recover === null)
    return {
      verdict: "broken",
      promise,
      because,
      detect,
      ...when,
      says: `it was seen after ${describeDuration(detect)}, and did not come back`,
    };
  return {
    verdict: "kept",
    promise,
    because,
    detect,
    recover,
    ...when,
    says: `seen after ${describeDuration(detect)}, ready again after ${describeDuration(recover)}`,
  };
}
