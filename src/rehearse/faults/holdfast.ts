import { describeDuration } from "../../value/duration.ts";
import { unitName } from "../../value/unit-name.ts";
import { agentUnit } from "../../compile/names.ts";
import type { Fault } from "../fault.ts";
import type { Stage } from "../stage.ts";
import { freezeLimit } from "../subject.ts";
import { lookAt } from "../watch-unit.ts";
import { backAgain, patienceFor } from "./comes-back.ts";

const kill = 9;
const stop = 19;
const go = 18;
const longest = 45_000;
const change = unitName("rehearsal-apply.service");

/** Holdfast itself dies at a bad moment. */
export const holdfastFaults: readonly Fault[] = [
  {
    id: "agent-killed-mid-heal",
    title: "Holdfast's agent is killed while it heals a frozen service",
    standard: false,
    scope: "service",
    cannot: (subject) => {
      if (!subject.watched) return "no agent runs: supervision is systemd";
      const limit = freezeLimit(subject);
      if (limit === null || !limit.heals || limit.by === "watchdog") return "no check of the agent heals it";
      return limit.limit > longest ? `a freeze takes ${describeDuration(limit.limit)} to be seen` : null;
    },
    run: async (scene) => {
      const { subject, stage, watch, before } = scene;
      const promise = `a heal of ${subject.name} is brought to its end although the agent dies in it`;
      const because = "a heal is a row on record before it acts";
      await stage.outside.systemd.kill(subject.unit, stop, "main");
      const frozen = watch.now;
      const begun = await watch.until(
        freezeLimit(subject)!.limit + 15_000,
        ({ active, pid }) => active !== "active" || pid !== before.pid,
      );
      if (!begun) {
        await stage.outside.systemd.kill(subject.unit, go, "all").catch(() => {});
        return { verdict: "broken", promise, because, says: "the freeze was not seen at all" };
      }
      const detect = watch.now - frozen;
      await stage.outside.systemd.kill(agentUnit, kill, "all");
      watch.note("fault", "the agent is killed");
      const back = await backAgain(scene, patienceFor(subject) + subject.stopTimeout + 10_000);
      const agent = await watch.until(
        15_000,
        async () => (await lookAt(stage.outside, agentUnit)).active === "active",
      );
      if (back && agent)
        return {
          verdict: "kept",
          promise,
          because,
          detect,
          recover: watch.now - frozen,
          says: `the agent was killed in the heal, and ${subject.name} was ready ${describeDuration(watch.now - frozen)} after the freeze`,
        };
      return {
        verdict: "broken",
        promise,
        because,
        detect,
        says: back ? "the agent itself did not come back" : "it was not ready again",
      };
    },
  },
  {
    id: "apply-killed",
    title: "holdfast apply is killed in the middle of a change, at two moments",
    standard: true,
    scope: "host",
    run: async ({ stage, watch }) => {
      const promise =
        "a change that is cut short is taken back or finished by the next one, and no service feels it";
      const because = "every step is on record before it acts";
      const before = await Promise.all(stage.subjects.map(({ unit }) => lookAt(stage.outside, unit)));
      const cuts: string[] = [];
      // Early, when little is done, and late: both as shares of what the same change takes when nobody disturbs it.
      const whole = await applied(stage, "a change that is not disturbed");
      if (whole.status !== 0)
        return {
          verdict: "not-rehearsed",
          promise,
          because,
          says: `a changed description could not be applied: ${whole.said}`,
        };
      for (const share of [0.4, 0.7]) {
        const apply = await stage.applyOther({ description: `Rehearsed at ${share}` });
        await stage.run(["systemd-run", "--quiet", "--collect", `--unit=${change}`, ...apply]);
        await new Promise((resolve) => setTimeout(resolve, whole.took * share));
        const { active } = await lookAt(stage.outside, change);
        await stage.run(["systemctl", "kill", "--signal=KILL", change]);
        await watch.until(5000, async () => (await lookAt(stage.outside, change)).active !== "active");
        cuts.push(`${describeDuration(whole.took * share)}${active === "active" ? "" : " (it had ended)"}`);
        watch.note("fault", `apply was killed after ${cuts.at(-1)}`);
      }
      if (cuts.every((cut) => cut.endsWith("ended)")))
        return {
          verdict: "not-rehearsed",
          promise,
          because,
          says: "each change had ended before it was killed",
        };
      const next = await stage.holdfast("apply");
      const after = await Promise.all(stage.subjects.map(({ unit }) => lookAt(stage.outside, unit)));
      const moved = stage.subjects.filter((_, index) => before[index]!.pid !== after[index]!.pid);
      if (next.status !== 0)
        return {
          verdict: "broken",
          promise,
          because,
          says: `the next apply failed: ${next.stderr.trim().split("\n")[0]}`,
        };
      if (moved.length > 0)
        return {
          verdict: "broken",
          promise,
          because,
          says: `${moved.map(({ name }) => name).join(", ")} was restarted`,
        };
      const recovered = /cut short|taken back/.test(next.stderr + next.stdout);
      return {
        verdict: "kept",
        promise,
        because,
        recover: watch.now,
        says: `killed after ${cuts.join(" and ")}; the next apply ${recovered ? "took the rest back and went on" : "found nothing to mend"}, and every process ran on`,
      };
    },
  },
];

async function applied(
  stage: Stage,
  description: string,
): Promise<{ status: number | null; took: number; said: string }> {
  const apply = await stage.applyOther({ description });
  const began = performance.now();
  const { status, stderr } = await stage.run(apply, { timeout: 120_000 });
  return { status, took: performance.now() - began, said: stderr.trim().split("\n")[0] ?? "" };
}
