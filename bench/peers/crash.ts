import { setTimeout as pause } from "node:timers/promises";
import type { Bench } from "./bench.ts";
import type { Peer } from "./peer.ts";

export type Subject = { readonly peer: Peer; readonly apps: readonly string[] };
/** `rounds`: the same times by round; null where there was no new start. */
export type Crashes = { times: number[]; lost: number; rounds: (number | null)[] };

/**
 * systemd and its likes let a timer slip to the next quarter of a second that the boot has chosen (sd_event_add_time(3)),
 * so that the moment of a crash counts for more than who restarts. In one round all crash at the same part of it.
 */
const phaseOf = (round: number): number => (round * 0.618_034) % 1;

/** Kills in turn, round after round and each round from another one on, so that a busy moment hits all alike. */
export async function crashInTurn(bench: Bench, subjects: readonly Subject[]): Promise<Map<Peer, Crashes>> {
  const results = new Map(subjects.map(({ peer }): [Peer, Crashes] => [peer, none()]));
  for (let round = 0; ; round++) {
    const left = subjects.filter(({ peer }) => round < peer.trials.crashes);
    if (left.length === 0) return results;
    for (const offset of left.keys()) {
      const { peer, apps } = left[(round + offset) % left.length]!;
      await crash(bench, peer, apps[round % apps.length]!, results.get(peer)!, phaseOf(round));
    }
  }
}

/** For peers that look now and then: kills spread over one cycle, so that no moment of it is favoured. */
export async function crashOverCycle(bench: Bench, { peer, apps }: Subject): Promise<Crashes> {
  const result = none();
  const one = async (app: string, index: number) => {
    await pause((peer.cycle * index) / peer.trials.crashes);
    await crash(bench, peer, app, result);
  };
  await Promise.all(apps.slice(0, peer.trials.crashes).map(one));
  return result;
}

async function crash(bench: Bench, peer: Peer, app: string, result: Crashes, phase?: number): Promise<void> {
  const pid = await peer.pid(app);
  // A program that dies young is another case for most peers: they count it, or wait longer.
  const youth = 2000 - (Date.now() - (await bench.starts(app)).at(-1)!.at);
  await pause(Math.max(youth, 100));
  const killedAt = await bench.hand.signal(pid, "SIGKILL", phase);
  const start = await bench.startAfter(app, killedAt, 2 * peer.cycle + 20_000);
  result.rounds.push(start ? start.at - killedAt : null);
  if (start) result.times.push(start.at - killedAt);
  else result.lost += 1;
}

function none(): Crashes {
  return { times: [], lost: 0, rounds: [] };
}
