import { setTimeout as pause } from "node:timers/promises";
import type { Bench } from "./bench.ts";
import type { Peer } from "./peer.ts";

/** Freezes are spread over this long where nobody has a cycle, so that they do not hold each other up. Milliseconds. */
const span = 10_000;

export type Freezes = { times: number[]; undetected: number; lastState: string };

/** Stops copies of the app the way no exit status tells of, and waits until the peer knows. */
export async function freezeTrials(
  bench: Bench,
  peer: Peer,
  apps: readonly string[],
  rounds: number,
): Promise<Freezes> {
  const result: Freezes = { times: [], undetected: 0, lastState: "" };
  const one = async (app: string, index: number) => {
    await pause(((peer.cycle || span) * index) / apps.length);
    for (let round = 1; round <= rounds; round++) {
      const pid = await peer.pid(app);
      const frozenAt = await bench.hand.signal(pid, "SIGSTOP");
      const detectedAt = await peer.waitDetected(app, frozenAt);
      if (detectedAt === null) {
        result.undetected += 1;
        result.lastState = await peer.state(app);
      } else result.times.push(detectedAt - frozenAt);
      // A peer that restarts may have ended it meanwhile.
      await bench.hand.signal(pid, "SIGCONT").catch(() => {});
      if (round < rounds && detectedAt !== null) await bench.startAfter(app, frozenAt, 30_000);
      // The new process must have spoken before its silence means anything.
      if (round < rounds) await pause(1000);
    }
  };
  await Promise.all(apps.map(one));
  return result;
}
