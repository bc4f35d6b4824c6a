import type { CheckRule, Look } from "../../compile/watch-rule.ts";
import { describeDuration } from "../../value/duration.ts";
import type { Fault, Scene } from "../fault.ts";
import type { Seen } from "../outcome.ts";
import type { Subject } from "../subject.ts";
import { backAgain, patienceFor } from "./comes-back.ts";
import { withOtherRule } from "./other-rule.ts";

const stop = 19;
const go = 18;
/** Nobody lets a live service stand still for longer: what takes longer to be seen is shortened. */
const longest = 45_000;
const shortened = 10_000;
const often = 2_000;

/** A check that fails when something is not written any more, and after how many milliseconds; null when there is none that heals. */
export function freshCheck({ rule, watched }: Subject): { check: CheckRule; window: number } | null {
  if (!watched || rule.heal.act === "alert-only") return null;
  const found = rule.checks.flatMap((check) => {
    const window = windowOf(check.look);
    const acts = check.heals && check.severity === "error" && check.dependency === null;
    return window === null || !acts ? [] : [{ check, window }];
  });
  // A beat is what a freeze is about; files and logs come first.
  const rank = ({ check }: { check: CheckRule }): number => (check.look.kind === "beat" ? 1 : 0);
  return found.toSorted((a, b) => rank(a) - rank(b) || a.window - b.window)[0] ?? null;
}

function windowOf(look: Look): number | null {
  if (look.kind === "beat") return look.within;
  return look.kind === "log" || look.kind === "file" ? (look.fresh ?? look.atLeast?.window ?? null) : null;
}

/** Of the check as it is while the fault is done: when it is to have failed at the latest, and whether that is shortened. */
export function staleLimit({ check, window }: { check: CheckRule; window: number }): {
  window: number;
  limit: number;
  isShort: boolean;
} {
  const limit = window + check.every * check.fails.of + check.timeout;
  if (limit <= longest) return { window, limit, isShort: false };
  const quick = quicker(check);
  return {
    window: shortened,
    limit: shortened + quick.every * quick.fails.of + quick.timeout,
    isShort: true,
  };
}

/** The same check with a threshold of a few seconds. */
function quicker(check: CheckRule): CheckRule {
  const { look } = check;
  const common = { ...check, every: Math.min(check.every, often) };
  if (look.kind === "beat") return { ...common, look: { ...look, within: shortened } };
  if (look.kind !== "log" && look.kind !== "file") return common;
  const fresh = look.fresh === null ? null : shortened;
  const atLeast = look.atLeast === null ? null : { ...look.atLeast, window: shortened };
  return { ...common, look: { ...look, fresh, atLeast } };
}

/**
 * Its writer stands still, and the one check of what it writes has to see it: those that would see it sooner do not heal
 * meanwhile.
 */
export const staleFault: Fault = {
  id: "stale",
  title: "what it writes is written no more (SIGSTOP), and only the check of that may heal",
  standard: false,
  drill: true,
  scope: "service",
  run: async (scene) => {
    const { subject, stage } = scene;
    const { app, name, unit, service, rule } = subject;
    const promise = `${name} is seen to write nothing any more, and restarted`;
    const found = freshCheck(subject);
    if (found === null)
      return {
        verdict: "gap",
        promise,
        because: `services.${name} has no check of a log, a file or a beat that heals`,
        says: "nobody looks whether it still writes",
        fix: `services.${name}.health: [{ log: { fresh: 5m } }]`,
      };
    const { check } = found;
    const limit = staleLimit(found);
    const because = `the check ${check.id}`;
    if (service.watchdog !== undefined && service.watchdog < limit.limit)
      return {
        verdict: "not-rehearsed",
        promise,
        because,
        says: `its watchdog would see it first, after ${describeDuration(service.watchdog)}`,
      };
    const alone = rule.checks.every((one) => one.id === check.id || !one.heals);
    const changed = (one: CheckRule): CheckRule => {
      if (one.id !== check.id) return { ...one, heals: false };
      return limit.isShort ? quicker(one) : one;
    };
    try {
      const standStill = async (): Promise<Seen> => {
        await stage.outside.systemd.kill(unit, stop, "all");
        return judge(scene, { promise, because }, check.id, limit);
      };
      if (alone && !limit.isShort) return await standStill();
      return await withOtherRule(stage, app, name, changed, standStill);
    } finally {
      await stage.outside.systemd.kill(unit, go, "all").catch(() => {});
    }
  },
};

async function judge(
  scene: Scene,
  common: Pick<Seen, "promise" | "because">,
  check: string,
  { window, limit, isShort }: ReturnType<typeof staleLimit>,
): Promise<Seen> {
  const { subject, watch, before } = scene;
  const { app, name, rule } = subject;
  const noticed = await watch.until(
    limit + rule.grace + 15_000,
    ({ pid, active }) => pid !== before.pid || active !== "active",
  );
  const detect = noticed === null ? null : watch.now;
  if (detect === null)
    return {
      verdict: "broken",
      ...common,
      says: `${describeDuration(watch.now)} later nobody had done anything about it`,
      fix: `see: holdfast health ${app}/${name}`,
    };
  watch.note("check", "somebody has noticed it");
  const back = await backAgain(scene, patienceFor(subject) + subject.stopTimeout);
  const by = await healedBy(scene);
  const threshold = `${describeDuration(window)}${isShort ? ", shortened" : ""}`;
  if (!back)
    return {
      verdict: "broken",
      ...common,
      detect,
      says: `seen after ${describeDuration(detect)}, and it did not come back`,
      fix: `holdfast diagnose ${app}/${name}`,
    };
  if (by !== check)
    return {
      verdict: "broken",
      ...common,
      detect,
      says: `it was restarted after ${describeDuration(detect)}, for ${by ?? "no check"} and not for ${check}`,
      fix: `see: holdfast history ${app}/${name}`,
    };
  const says = `${check} failed at its threshold (${threshold}) and healed it after ${describeDuration(detect)}, ready again after ${describeDuration(watch.now)}`;
  return { verdict: "kept", ...common, detect, recover: watch.now, says };
}

/** The check for which it was healed last; null when that was for none. */
async function healedBy({ subject: { app, name }, stage }: Scene): Promise<string | null> {
  const { stdout } = await stage.holdfast("--json", "history", `${app}/${name}`, "-n", "20");
  const { events } = JSON.parse(stdout) as { events: { kind: string; data?: { check?: string | null } }[] };
  return events.find(({ kind }) => kind === "heal")?.data?.check ?? null;
}
