import type { StatsFs } from "node:fs";
import * as fs from "node:fs/promises";
import type { Reading } from "../../heal/reading.ts";
import { describeDuration } from "../../value/duration.ts";
import { describeSize } from "../../value/size.ts";
import { probeOf, reading, type LookOf } from "./local-probe.ts";
import { addSample, keptSamples, trendOf, type Trend } from "./trend.ts";

/** Space and inodes that are left to ordinary users on a file system, and when it will be full at its present rate. */
export const probeDisk = probeOf("disk", async ({ now, kept }, look) => {
  const found = await statfsOf(look.path);
  if (found === null) return reading("unknown", `there is no ${look.path}`);
  const space = spaceOf(found);
  const samples = addSample(keptSamples(kept), now, space.free, windowFor(look));
  const parts = [
    judgeSpace(look, space),
    judgeInodes(look, space),
    judgeTrend(look, space, trendOf(samples)),
  ];
  const worst = parts.find((part) => part?.result === "fail") ?? parts[0]!;
  return { ...worst, kept: { samples } };
});

type Space = { free: number; whole: number; inodes: number | null };

async function statfsOf(path: string): Promise<StatsFs | null> {
  try {
    return await fs.statfs(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** As df(1) counts: what is reserved for root is neither free nor part of the whole. */
function spaceOf(found: StatsFs): Space {
  const free = found.bavail * found.bsize;
  const whole = (found.blocks - found.bfree + found.bavail) * found.bsize;
  // btrfs and others have no fixed number of inodes and report none at all.
  return { free, whole, inodes: found.files === 0 ? null : found.ffree / found.files };
}

function judgeSpace({ free: rule, path }: LookOf<"disk">, { free, whole }: Space): Reading {
  const limit = "bytes" in rule ? rule.bytes : Math.round(rule.share * whole);
  const says = `${describeSize(free)} of ${describeSize(whole)} (${percent(free / whole)}) is free at ${path}`;
  if (free >= limit) return reading("ok", says, { value: free, limit });
  const needed = "bytes" in rule ? describeSize(rule.bytes) : percent(rule.share);
  return reading("fail", `${says}, less than ${needed}`, { value: free, limit });
}

function judgeInodes({ inodes: limit, path }: LookOf<"disk">, { inodes }: Space): Reading | null {
  if (inodes === null || inodes >= limit) return null;
  const says = `${percent(inodes)} of the inodes is free at ${path}, less than ${percent(limit)}`;
  return reading("fail", says, { value: round(inodes * 100), limit: round(limit * 100) });
}

/** A rate is believed for eight times as long as it was seen: 3 hours of looking tell of a day. */
const trust = 8;

function windowFor({ fullIn }: LookOf<"disk">): number {
  return Math.min(Math.max((fullIn ?? 0) / trust, 600_000), 24 * 3_600_000);
}

function judgeTrend({ fullIn, path }: LookOf<"disk">, { free }: Space, trend: Trend | null): Reading | null {
  if (fullIn === null || trend === null || trend.slope >= 0) return null;
  const left = free / -trend.slope;
  if (left >= fullIn || left > trend.covers * trust) return null;
  const says = `at its present rate ${path} is full in ${describeDuration(left)}, before ${describeDuration(fullIn)}`;
  return reading("fail", says, { value: Math.round(left / 1000), limit: fullIn / 1000 });
}

const round = (value: number): number => Math.round(value * 10) / 10;
const percent = (share: number): string => `${round(share * 100)} %`;
