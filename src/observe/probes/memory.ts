import type { Reading } from "../../heal/reading.ts";
import type { ShareRule } from "../../compile/watch-rule.ts";
import type { Host } from "../../host/host.ts";
import { describeDuration } from "../../value/duration.ts";
import { describeSize } from "../../value/size.ts";
import { judgeGrowth } from "./growth.ts";
import { lastingSince } from "./lasting.ts";
import { probeOf, reading, type LookOf } from "./local-probe.ts";
import { addSample, keptSamples, trendOf, type Trend } from "./trend.ts";
import { readGroup, readMemory } from "./unit-group.ts";

const hour = 3_600_000;

/** How much memory the service needs, how long it has been too much, and where its trend leads. */
export const probeMemory = probeOf("memory", async (context, look) => {
  const { host, service, unit, now } = context;
  const group = await readGroup(host, service.unit);
  if (group === null) return reading("unknown", "it has no control group");
  const { value } = await readMemory(host, group);
  const whole = await wholeOf(host, service.memoryLimit);
  // Another run begins with little, which is no trend.
  const before = context.kept?.["invocation"] === unit.invocation ? context : { ...context, kept: null };
  const samples = addSample(keptSamples(before.kept), now, value, look.growth?.window ?? hour);
  const trend = trendOf(samples);
  const above = lastingSince(before, look.atMost !== null && value > limitOf(look.atMost, whole));
  const level = judgeLevel(look, value, whole, above === null ? null : now - above);
  const growth = look.growth && judgeGrowth(look.growth, samples);
  const [worst, other] =
    growth?.result === "fail" && level.result !== "fail" ? [growth, level] : [level, growth];
  const says = [worst.says, other?.says ?? "", outlook(value, whole, trend)].filter((part) => part !== "");
  const { dueAt } = level;
  return {
    ...worst,
    says: says.join("; "),
    ...(dueAt === undefined ? {} : { dueAt: now + dueAt }),
    kept: { invocation: unit.invocation, at: now, above, samples },
  };
});

type Whole = { bytes: number; name: string };

/** What a share is a share of: its limit, or the memory of the host. */
async function wholeOf(host: Host, limit: number | null): Promise<Whole> {
  if (limit !== null) return { bytes: limit, name: `its limit of ${describeSize(limit)}` };
  const text = (await host.files.read("/proc/meminfo")) ?? "";
  const bytes = Number(/^MemTotal:\s+(\d+) kB$/m.exec(text)?.[1] ?? NaN) * 1024;
  return { bytes, name: `the host's ${describeSize(bytes)}` };
}

function limitOf(rule: ShareRule, whole: Whole): number {
  return "bytes" in rule ? rule.bytes : Math.round(rule.share * whole.bytes);
}

/** `long`: for how long it has been over the limit, null when it is not. dueAt is from now. */
function judgeLevel(
  { atMost, lasting }: LookOf<"memory">,
  value: number,
  whole: Whole,
  long: number | null,
): Reading {
  const uses = `it uses ${describeSize(value)}, ${percent(value / whole.bytes)} of ${whole.name}`;
  if (atMost === null) return reading("ok", uses, { value });
  const limit = limitOf(atMost, whole);
  if (long === null) return reading("ok", uses, { value, limit });
  const over = `${uses}, over ${"bytes" in atMost ? describeSize(atMost.bytes) : percent(atMost.share)}`;
  const since = lasting === 0 ? "" : ` for ${describeDuration(long)}`;
  if (long >= lasting) return reading("fail", `${over}${since}`, { value, limit });
  const says = `${over}${since}; that may last ${describeDuration(lasting)}`;
  return reading("ok", says, { value, limit, dueAt: lasting - long });
}

/** When it will have used up all there is, if that is near for how long it has been watched; "" otherwise. */
function outlook(value: number, whole: Whole, trend: Trend | null): string {
  if (trend === null || trend.slope <= 0) return "";
  const left = (whole.bytes - value) / trend.slope;
  if (!(left > 0 && left <= trend.covers * 8)) return "";
  return `at this rate it reaches ${whole.name} in ${describeDuration(left)}`;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
