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

export function freezeRow({ peer, freezes }: Measured): Row {
  const { times, undetected, lastState } = freezes;
  const watched = `watched ${(peer.patience / 1000).toFixed(0)} s: still "${lastState}"`;
  const missed = undetected > 0 && times.length > 0 ? `; ${undetected} never, ${watched}` : "";
  return {
    what: peer.name,
    measured: times.length === 0 ? "never" : spread(times),
    target: times.length === 0 ? `${watched}; ${peer.setting}` : `${peer.setting}${missed}`,
    met: null,
  };
}

export function crashRow({ peer, crashes }: Measured, bare: Crashes | undefined): Row {
  const { times, lost } = crashes;
  const never = lost > 0 ? `; ${lost} never` : "";
  const row = { what: peer.name, measured: spread(times) };
  if (peer.name !== "Holdfast" || !bare) return { ...row, target: `${peer.setting}${never}`, met: null };
  const ratio = median(times) / median(bare.times);
  const [low, high] = ratioInterval(times, bare.times);
  const claim = `${ratio.toFixed(3)} of systemd (95 %: ${low.toFixed(3)}-${high.toFixed(3)}), at most 1.02`;
  return { ...row, target: `${claim}${never}`, met: ratio <= 1.02 };
}

export function footprintRow({ peer, footprint }: Measured): Row {
  const { processes, rss, pss, anonymous, cpuPerHour } = footprint;
  const cpu = `${cpuPerHour.toFixed(1).padStart(5)} s/h`;
  const memory = [rss, pss, anonymous].map((mebibytes) => mebibytes.toFixed(1).padStart(5)).join(" / ");
  const none = peer.shortLivedCpuSeconds ? `not resident        ${cpu}` : "no process of its own";
  return {
    what: peer.name,
    measured: processes === 0 ? none : `${memory} MiB  ${cpu}`,
    target: peer.resident,
    met: null,
  };
}

/** How far the ratio of two medians would wander if the same trials were drawn again (percentile bootstrap). */
export function ratioInterval(above: readonly number[], below: readonly number[]): [number, number] {
  const draw = (from: readonly number[]) => from.map(() => from[Math.floor(Math.random() * from.length)]!);
  const ratios = Array.from({ length: 2000 }, () => median(draw(above)) / median(draw(below)));
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
