import { median, type Row } from "../measure.ts";
import type { Crashes } from "./crash.ts";
import type { Footprint } from "./footprint.ts";
import type { Freezes } from "./freeze.ts";
import type { Peer } from "./peer.ts";

/** All that was measured of one peer; times in milliseconds. */
export type Measured = {
  peer: Peer;
  footprint: Footprint;
  freezes: Freezes;
  crashes: Crashes;
};

/** Their threshold and a second, in milliseconds. */
const latest = 6000;

export function freezeRow({ peer, freezes }: Measured): Row {
  const { times, undetected, lastState } = freezes;
  const watched = `watched ${(peer.patience / 1000).toFixed(0)} s: still "${lastState}"`;
  const missed = undetected > 0 && times.length > 0 ? `; ${undetected} never, ${watched}` : "";
  const row = {
    what: peer.name,
    measured: times.length === 0 ? "never" : spread(times),
    target: times.length === 0 ? `${watched}; ${peer.setting}` : `${peer.setting}${missed}`,
  };
  if (peer.name !== "Holdfast") return { ...row, met: null };
  const p99 = times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1] ?? Infinity;
  const claim = `p99 ${(p99 / 1000).toFixed(2)} s, at most ${latest / 1000} s`;
  return { ...row, target: `${row.target}; ${claim}`, met: undetected === 0 && p99 <= latest };
}

export function crashRow({ peer, crashes }: Measured, bare: Crashes | undefined): Row {
  const { times, lost } = crashes;
  const never = lost > 0 ? `; ${lost} never` : "";
  const row = { what: peer.name, measured: spread(times) };
  if (peer.name !== "Holdfast" || !bare) return { ...row, target: `${peer.setting}${never}`, met: null };
  const ratio = median(times) / median(bare.times);
  const [low, high] = ratioInterval(pairs(crashes, bare));
  const claim = `${ratio.toFixed(3)} of systemd (95 %: ${low.toFixed(3)}-${high.toFixed(3)}), at most 1.02`;
  return { ...row, target: `${claim}${never}`, met: ratio <= 1.02 };
}

export function footprintRow({ peer, footprint }: Measured, pm2: Footprint | undefined): Row {
  const { processes, rss, pss, anonymous, cpuPerHour } = footprint;
  const cpu = `${cpuPerHour.toFixed(1).padStart(5)} s/h`;
  const memory = [rss, pss, anonymous].map((mebibytes) => mebibytes.toFixed(1).padStart(5)).join(" / ");
  const none = peer.shortLivedCpuSeconds ? `not resident        ${cpu}` : "no process of its own";
  return {
    what: peer.name,
    measured: processes === 0 ? none : `${memory} MiB  ${cpu}`,
    target: peer.resident,
    met: peer.name === "Holdfast" && pm2 ? pss < pm2.pss : null,
  };
}

/** The two of each round, which crashed at the same part of a quarter of a second. */
function pairs(above: Crashes, below: Crashes): Pair[] {
  return above.rounds.flatMap((time, round) => {
    const other = below.rounds[round] ?? null;
    return time === null || other === null ? [] : [[time, other] as const];
  });
}

type Pair = readonly [above: number, below: number];

/** How far the ratio of two medians would wander if the same rounds were drawn again (percentile bootstrap of pairs). */
export function ratioInterval(pairs: readonly Pair[]): [number, number] {
  const ratios = Array.from({ length: 2000 }, () => {
    const drawn = pairs.map(() => pairs[Math.floor(Math.random() * pairs.length)]!);
    return median(drawn.map(([above]) => above)) / median(drawn.map(([, below]) => below));
  });
  const sorted = ratios.toSorted((a, b) => a - b);
  return [sorted[50]!, sorted[1949]!];
}

function spread(times: readonly number[]): string {
  if (times.length === 0) return "never";
  const [least, most] = [Math.min(...times), Math.max(...times)];
  const unit = most < 10_000 && median(times) < 2000 ? "ms" : "s";
  const show = (millis: number) => (unit === "ms" ? millis.toFixed(0) : (millis / 1000).toFixed(1));
  return `${show(median(times))} ${unit}  (${show(least)}-${show(most)}, n=${times.length})`;
}
