import { describeDuration } from "../../value/duration.ts";
import type { Fault, Scene } from "../fault.ts";
import { unmoved } from "./neighbours.ts";

const hour = 3_600_000;
/** A check that is asked less often than this is not waited for. */
const longestRound = 30_000;

/** What a machine without a battery does at boot, and one whose time was wrong when it asks a time server. */
export const clockFault: Fault = {
  id: "clock",
  title: "the clock is set two hours forward, and back again",
  standard: false,
  needs: "own-kernel",
  scope: "host",
  run: async (scene) => {
    const { stage, watch, subject } = scene;
    const promise = "a step of the clock restarts no service, and alarms nobody about one";
    const because = "how long something takes is measured by a clock that nobody sets";
    const since = Date.now();
    const seen = await unmoved(
      scene,
      async () => {
        await stage.run(["date", `--set=@${((Date.now() + 2 * hour) / 1000).toFixed(3)}`]);
        watch.note("fault", "the clock is two hours ahead");
        await aRound(scene);
        await stage.host.machine!.setClock();
        watch.note("fault", "the clock is right again");
        await aRound(scene);
      },
      promise,
      because,
    );
    if (seen.verdict !== "kept") return seen;
    const names = stage.subjects.map(({ name }) => name);
    // That a job's time came and went is true by such a clock.
    const alarm = (await stage.told(subject.app, since)).find(({ summary }) =>
      names.some((name) => summary.includes(name)),
    );
    return alarm === undefined
      ? { ...seen, says: "every process ran on, and nobody was alarmed" }
      : { ...seen, verdict: "broken", says: `every process ran on, and it was told: ${alarm.summary}` };
  },
};

/** Long enough for every check to be asked once more, unless something happens before. */
async function aRound({ stage, watch, before }: Scene): Promise<void> {
  const rounds = stage.subjects.flatMap(({ rule }) =>
    rule.checks.map(({ every, fails, timeout }) => every * fails.of + timeout),
  );
  const patience = Math.min(Math.max(2000, ...rounds), longestRound);
  const moved = await watch.within(patience, ({ pid }) => pid !== before.pid);
  watch.note("check", moved ? "another process runs" : `nothing moved for ${describeDuration(patience)}`);
}
