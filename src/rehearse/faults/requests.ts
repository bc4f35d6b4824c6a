import type { Scene } from "../fault.ts";
import type { Asked } from "../inside/stub-plan.ts";
import { patienceFor } from "./comes-back.ts";

const second = 1000;
/** How long its requests are watched. */
const watched = 5 * second;

/** Its requests since a moment; those of nobody known count, too. */
export async function askedBy({ subject, stage }: Scene, upstream: string, since: number): Promise<Asked[]> {
  const { asked } = await stage.inside.askedUpstreams(since);
  return asked.filter(({ name, unit }) => name === upstream && (unit === null || unit === subject.unit));
}

/**
 * The longest time between two of its latest requests, in milliseconds; null when it asks too seldom to tell. One that has stopped asking
 * may hang since an outage of somebody else's turn: it is started anew.
 */
export async function rhythmOf(scene: Scene, upstream: string): Promise<number | null> {
  const { subject, stage, watch } = scene;
  const first = await latest(scene, upstream, 0);
  if (!first.stopped) return first.gap;
  await stage.holdfast("restart", `${subject.app}/${subject.name}`);
  const since = first.now;
  await watch.until(
    patienceFor(subject),
    async ({ active, pid }) => active === "active" && pid !== 0 && (await stage.isReady(subject)),
  );
  return (await latest(scene, upstream, since)).gap;
}

async function latest(
  scene: Scene,
  upstream: string,
  since: number,
): Promise<{ gap: number | null; stopped: boolean; now: number }> {
  let moments: number[] = [];
  let now = since;
  const isRecent = (): boolean =>
    moments.length > 0 && now - moments.at(-1)! < 3 * gapOf(moments) + 2 * second;
  await scene.watch.until(watched, async () => {
    const seen = await scene.stage.inside.askedUpstreams(since);
    now = seen.now;
    moments = seen.asked
      .filter(({ name, unit }) => name === upstream && unit === scene.subject.unit)
      .map(({ at }) => at)
      .slice(-6);
    return moments.length >= 4 && isRecent();
  });
  const gap = gapOf(moments);
  if (moments.length < 3 || gap > 20 * second) return { gap: null, stopped: false, now };
  return isRecent() ? { gap, stopped: false, now } : { gap: null, stopped: true, now };
}

function gapOf(moments: readonly number[]): number {
  return Math.max(0, ...moments.slice(1).map((at, index) => at - moments[index]!));
}
