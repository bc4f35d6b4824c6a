import type { JobRule } from "../src/plan/job-rule.ts";
import { simulate } from "../src/gate/simulate.ts";

const minute = 60_000;
const times = [
  ["Mon..Fri 07:30"],
  ["Mon..Fri 08:00"],
  ["Mon..Fri 09..15:00"],
  ["Mon..Fri 15:15"],
  ["*-*~01 18:00", "Sun 06:00"],
];
const zones = ["America/Chicago", "Europe/London", "Asia/Tokyo", "America/New_York", "UTC"];
const calendars = ["XNYS", "XLON", "XTKS", "XNAS", "24x7"];

/** A hundred jobs like those of a trading suite, in five zones and calendars, over ten years. */
export function simulateTenYears(): { millis: number; runs: number } {
  const rules = Array.from({ length: 100 }, (_, index): JobRule => {
    const zone = zones[Math.floor(index / 5) % zones.length]!;
    return {
      app: "bench",
      job: `job-${index}`,
      slots: times[index % times.length]!.map((time) => `${time} ${zone}`),
      zone,
      calendar: { base: calendars[Math.floor(index / 5) % zones.length]!, closed: [], half: {} },
      needs: [],
      late: { kind: "refuse", after: 15 * minute },
      timeout: 10 * minute,
      expect: { from: minute, to: 5 * minute },
      critical: false,
      unsure: "run",
    };
  });
  const began = performance.now();
  const runs = simulate(rules, Date.UTC(2026, 0, 1), Date.UTC(2036, 0, 1)).length;
  return { millis: performance.now() - began, runs };
}
