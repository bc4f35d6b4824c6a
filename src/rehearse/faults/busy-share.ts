import { describeDuration } from "../../value/duration.ts";
import type { Scene } from "../fault.ts";
import { processorTimeOf } from "./processes.ts";
import { othersReady } from "./ready-after.ts";

/** So much of the processor is looked at, for so long at most. */
const enough = 500;
const patience = 5000;

/** A limit holds by periods of 100 ms. */
const inexact = 1.25;

/** Whether what spins is held as its spec says; the promise and where it stands. */
export type Held = { ok: boolean; promise: string; because: string; says: string };

/** How much of the processor a process takes that spins, against its limit, and whether the others feel it. */
export async function holdsProcessor(scene: Scene, pid: number): Promise<Held> {
  const { subject, stage, watch } = scene;
  const limit = subject.service.limits?.cpu;
  const base = {
    promise: `a loop that spins in ${subject.name} gets no more than ${limit}% of a processor, and hurts nobody else`,
    because: `services.${subject.name}.limits.cpu`,
  };
  // Looks take time: the share is rather said too small than a limit called broken that holds.
  const since = watch.now;
  const first = await processorTimeOf(stage, pid);
  let used = 0;
  let took = 0;
  await watch.until(patience, async () => {
    const now = await processorTimeOf(stage, pid);
    if (first === null || now === null) return true;
    [used, took] = [now - first, watch.now - since];
    return used >= enough;
  });
  const share = took === 0 ? 0 : Math.round((100 * used) / took);
  const measured = `it took ${share}% of a processor for ${describeDuration(took)}`;
  if (limit === undefined) return { ok: true, ...base, says: `${measured}, and no limits.cpu holds it` };
  if (stage.host.limits && share > limit * inexact)
    return { ok: false, ...base, says: `${measured}: its limit of ${limit}% does not hold` };
  // What goes by it may well suffer: it does without what it needs.
  const hurt = await othersReady(scene, ({ service }) => !(service.after ?? []).includes(subject.name));
  if (hurt !== null) return { ok: false, ...base, says: `${measured}, and ${hurt} suffered with it` };
  return { ok: true, ...base, says: `${measured}, within its limit of ${limit}%` };
}
