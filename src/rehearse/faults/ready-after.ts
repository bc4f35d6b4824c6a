import { describeDuration } from "../../value/duration.ts";
import type { Scene } from "../fault.ts";
import type { Seen } from "../outcome.ts";
import type { Subject } from "../subject.ts";
import { patienceFor } from "./comes-back.ts";

/** Another service of the application that is not ready, if there is one: what one does must not be felt by the others. */
export async function othersReady(
  { subject, stage }: Scene,
  counts: (other: Subject) => boolean = () => true,
): Promise<string | null> {
  for (const other of stage.subjects)
    if (other.name !== subject.name && counts(other) && !(await stage.isReady(other))) return other.name;
  return null;
}

/** It is ready, whether it was restarted for this or not. */
export async function readyAfter(
  scene: Scene,
  promise: string,
  because: string,
  what: string,
): Promise<Seen> {
  const { subject, stage, watch, before } = scene;
  const ready = await watch.until(
    patienceFor(subject) + subject.stopTimeout,
    async ({ active, pid }) => active === "active" && pid !== 0 && (await stage.isReady(subject)),
  );
  if (!ready)
    return {
      verdict: "broken",
      promise,
      because,
      says: `${what}, and it was not ready ${describeDuration(watch.now)} later`,
    };
  const hurt = await othersReady(scene);
  if (hurt !== null)
    return { verdict: "broken", promise, because, says: `${what}, and ${hurt} suffered with it` };
  const same = ready.pid === before.pid ? "it ran on" : `ready again after ${describeDuration(watch.now)}`;
  return { verdict: "kept", promise, because, recover: watch.now, says: `${what}; ${same}` };
}
