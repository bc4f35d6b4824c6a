import { nextSlot } from "../../gate/slots.ts";
import { describeDuration } from "../../value/duration.ts";
import type { JobFault } from "../fault.ts";
import { withDropIn } from "./drop-in.ts";
import { pastItsGate, program, runsOf } from "./job-record.ts";
import { judgeTold } from "./judge-job.ts";

/** Missed slots are looked for within so long. */
const longestAhead = 30 * 86_400_000;

/** A job is started twice, as it should be, or not at all. */
export const jobStarts: readonly JobFault[] = [
  {
    id: "double-trigger",
    title: "it is started twice at the same time",
    standard: true,
    scope: "job",
    run: async ({ subject, stage, watch }) => {
      const { app, name, unit } = subject;
      const promise = `two starts of ${name} at once are one run`;
      const because = "the gate decides on one record";
      const since = new Date().toISOString();
      const second = await withDropIn(stage, unit, program("/bin/sleep", "2"), async () => {
        const first = stage.holdfast("run", `${app}/${name}`, ...pastItsGate);
        await watch.until(20_000, ({ pid }) => pid !== 0);
        const others = await Promise.all([
          stage.holdfast("run", `${app}/${name}`, ...pastItsGate),
          stage.run(["systemctl", "start", unit]),
        ]);
        await first;
        return others[0];
      });
      const ran = (await runsOf(stage, app, name)).filter(
        ({ started, result }) => started >= since && result === "succeeded",
      );
      if (ran.length !== 1)
        return { verdict: "broken", promise, because, says: `${ran.length} runs are on record` };
      const refused = second.status === 0 ? "" : "; the second start was refused";
      return {
        verdict: "kept",
        promise,
        because,
        recover: watch.now,
        says: `one run is on record${refused}`,
      };
    },
  },
  {
    id: "job-runs",
    title: "nothing breaks: somebody runs it by hand",
    standard: true,
    scope: "job",
    run: async ({ subject, stage, watch }) => {
      const { app, name, job, timeout } = subject;
      const dry = job["dry-run"] !== undefined;
      const promise = `${name} ${dry ? "runs dry" : "runs"}, and succeeds within ${describeDuration(timeout)}`;
      const because = `jobs.${name}.${dry ? "dry-run" : "run"}`;
      const words = dry ? ["--dry"] : pastItsGate;
      const { status, signal, stdout, stderr } = await stage.holdfast("run", `${app}/${name}`, ...words);
      if (status === null)
        return {
          verdict: "not-rehearsed",
          promise,
          because,
          says: `it had not ended ${describeDuration(watch.now)} later (${signal})`,
        };
      if (status === 0)
        return {
          verdict: "kept",
          promise,
          because,
          recover: watch.now,
          says: `succeeded after ${describeDuration(watch.now)}`,
        };
      const lines = `${stderr}\n${stdout}`.split("\n").flatMap((line) => line.trim() || []);
      const said = lines.slice(-2).join("; ");
      return { verdict: "broken", promise, because, says: said, fix: `see: holdfast logs ${name}` };
    },
  },
  {
    id: "missed-timer",
    title: "its timer does not come",
    standard: true,
    scope: "job",
    cannot: ({ times, name }) =>
      times.length === 0 ? `jobs.${name} has no times: only somebody starts it` : null,
    run: async (scene) => {
      const { subject, stage } = scene;
      const { app, name, times, late, timeout } = subject;
      const promise = `a slot of ${name} that nothing starts is recorded as missed, and told`;
      const because = `jobs.${name}.${subject.job.every === undefined ? "at" : "every"}`;
      const since = Date.now();
      const known = (await runsOf(stage, app, name)).flatMap(({ slot }) => slot ?? []).map(Date.parse);
      const slot = nextSlot(times, Math.max(since, ...known));
      if (slot === null || slot > since + longestAhead)
        return {
          verdict: "not-rehearsed",
          promise,
          because,
          says: "its next slot is more than a month away",
        };
      // Nobody waits for it, and the clock is the machine's own: what looks for missed slots is told a later time.
      const later = new Date(slot + late + timeout + 60_000).toISOString();
      const looked = await stage.holdfast("record-missed", app, "--at", later);
      const iso = new Date(slot).toISOString();
      const run = (await runsOf(stage, app, name)).find((one) => one.slot === iso);
      if (run?.result !== "missed")
        return {
          verdict: "broken",
          promise,
          because,
          says: `${iso} passed, and ${run === undefined ? "nothing" : run.result} is on record: ${looked.stderr.trim()}`,
        };
      return judgeTold(scene, since, `the slot ${iso} is on record as missed`, promise, because);
    },
  },
];
