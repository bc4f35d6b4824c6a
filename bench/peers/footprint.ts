import { setTimeout as pause } from "node:timers/promises";
import { cpuOf, memoryOf } from "../processes.ts";
import type { Bench } from "./bench.ts";
import type { Peer } from "./peer.ts";

/** Memory in MiB; CPU in seconds an hour, extrapolated from the window. */
export type Footprint = {
  processes: number;
  rss: number;
  pss: number;
  anonymous: number;
  cpuPerHour: number;
};

/** Of what stays resident to supervise, over one and the same window for all peers. */
export async function footprints(
  bench: Bench,
  peers: readonly Peer[],
  windowMillis: number,
): Promise<Map<Peer, Footprint>> {
  const before = await Promise.all(peers.map((peer) => cpuSeconds(bench, peer)));
  const began = performance.now();
  await pause(windowMillis);
  const after = await Promise.all(peers.map((peer) => cpuSeconds(bench, peer)));
  const hours = (performance.now() - began) / 3_600_000;
  const result = new Map<Peer, Footprint>();
  for (const [index, peer] of peers.entries()) {
    const memory = await footprintOf(bench, peer);
    result.set(peer, { ...memory, cpuPerHour: (after[index]! - before[index]!) / hours });
  }
  return result;
}

async function cpuSeconds(bench: Bench, peer: Peer): Promise<number> {
  if (peer.shortLivedCpuSeconds) return peer.shortLivedCpuSeconds();
  let millis = 0;
  for (const pid of await peer.daemons()) millis += await cpuOf(bench.host, pid);
  return millis / 1000;
}

async function footprintOf(bench: Bench, peer: Peer): Promise<Omit<Footprint, "cpuPerHour">> {
  const sum = { processes: 0, rss: 0, pss: 0, anonymous: 0 };
  for (const pid of await peer.daemons()) {
    const memory = await memoryOf(bench.host, pid);
    sum.processes += 1;
    sum.rss += memory.rss / 1024;
    sum.pss += memory.pss / 1024;
    sum.anonymous += memory.anonymous / 1024;
  }
  return sum;
}
