import { describeDuration } from "../../value/duration.ts";
import type { Fault, Scene } from "../fault.ts";
import type { Seen } from "../outcome.ts";
import { limitOf, type Subject } from "../subject.ts";
import { askCheck } from "./ask-check.ts";
import { startOnceWith } from "./drop-in.ts";
import { awaitHeal, judgeHealed, longestLimit, type Expected } from "./standstill.ts";
import { waitTold } from "./wait-told.ts";

/** The check that sees soonest that no line comes any more, with how soon. */
function silenceCheck({ rule, watched }: Subject): { by: string; limit: number; heals: boolean } | null {
  const logs = watched ? rule.checks.filter(({ look }) => look.kind === "log") : [];
  return logs.flatMap((check) => limitOf(check, rule)).toSorted((a, b) => a.limit - b.limit)[0] ?? null;
}

/** It answers, it works, and nothing of it is written down any more. */
export const logFaults: readonly Fault[] = [
  {
    id: "log-silence",
    title: "it runs on and answers, and its log falls silent",
    standard: false,
    scope: "service",
    cannot: (subject) => {
      const check = silenceCheck(subject);
      if (check === null)
        return `services.${subject.name}.health has no log check that asks for lines: fresh, or at-least`;
      return check.limit > longestLimit
        ? `it would take ${describeDuration(check.limit)} until the check ${check.by} sees it`
        : null;
    },
    run: async (scene) => {
      const { subject } = scene;
      const check = silenceCheck(subject)!;
      const expected: Expected = {
        promise: `${subject.name} is seen to have fallen silent, and ${check.heals ? "restarted" : "told"}`,
        because: `the check ${check.by}`,
        ...check,
      };
      const before = await askCheck(scene, check.by);
      if (before.result !== "ok")
        return unable(expected, `the check ${check.by} says before it: ${before.result} ${before.says}`);
      // For this one start: whoever starts it next gets its lines into the journal again.
      const { ready, said } = await startOnceWith(scene, ["StandardOutput=null", "StandardError=null"]);
      if (!ready) return mended(scene, unable(expected, `it does not start without its output: ${said}`));
      scene.watch.note("fault", "what it writes goes nowhere");
      return seenOf({ ...scene, before: ready }, expected, check.by);
    },
  },
];

const unable = ({ promise, because }: Expected, says: string): Seen => ({
  verdict: "not-rehearsed",
  promise,
  because,
  says,
});

async function seenOf(scene: Scene, expected: Expected, check: string): Promise<Seen> {
  const { watch, subject, stage } = scene;
  const { promise, because } = expected;
  const since = watch.now;
  if (!expected.heals) {
    const isIt = ({ summary }: { summary: string }): boolean => summary.includes(check);
    const told = await waitTold(stage, subject.app, Date.now(), isIt, expected.limit);
    const detect = watch.now - since;
    const says = `silent from its start, told after ${describeDuration(detect)}`;
    if (told.length > 0) return mended(scene, { verdict: "kept", promise, because, detect, says });
  } else {
    const healed = await awaitHeal(scene, expected, since);
    if (healed.detect !== null) {
      const seen = judgeHealed(expected, healed, healed.detect);
      return healed.recover === null ? mended(scene, seen) : seen;
    }
  }
  const now = await askCheck(scene, check);
  if (now.result === "ok")
    return mended(scene, unable(expected, `it writes its lines past its standard output: ${now.says}`));
  return mended(scene, {
    verdict: "broken",
    promise,
    because,
    says: `${describeDuration(watch.now - since)} later nobody was told: the check says ${now.result} ${now.says}`,
    fix: `see: holdfast health ${subject.name}`,
  });
}

/** Started anew by hand, its lines come again. */
async function mended({ subject: { app, name }, stage }: Scene, seen: Seen): Promise<Seen> {
  await stage.holdfast("restart", `${app}/${name}`);
  return seen;
}
