import { setTimeout as pause } from "node:timers/promises";
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
    const memory = await memoryOf(bench, peer);
    result.set(peer, { ...memory, cpuPerHour: (after[index]! - before[index]!) / hours });
  }
  return result;
}

async function cpuSeconds(bench: Bench, peer: Peer): Promise<number> {
  if (peer.shortLivedCpuSeconds) return peer.shortLivedCpuSeconds();
  let ticks = 0;
  for (const pid of await peer.daemons()) {
    const stat = (await bench.host.read(`/proc/${pid}/stat`)) ?? "";
    // After the name, which may hold anything; see proc_pid_stat(5).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / 100;
}

async function memoryOf(bench: Bench, peer: Peer): Promise<Omit<Footprint, "cpuPerHour">> {
  const sum = { processes: 0, rss: 0, pss: 0, anonymous: 0 };
  for (const pid of await peer.daemons()) {
    const rollup = (await bench.host.read(`/proc/${pid}/smaps_rollup`)) ?? "";
    const read = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(rollup)?.[1]) / 1024;
    sum.processes += 1;
    sum.rss += read("Rss");
    sum.pss += read("Pss");
    sum.anonymous += read("Anonymous");
  }
  return sum;
}
