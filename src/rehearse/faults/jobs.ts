import { nextSlot } from "../../gate/slots.ts";
import { numberOf } from "../../host/properties.ts";
import type { RunResult } from "../../store/run-result.ts";
import { describeDuration } from "../../value/duration.ts";
import { isWorse, worstOf } from "../../value/severity.ts";
import type { JobFault, JobScene } from "../fault.ts";
import type { Seen } from "../outcome.ts";
import type { JobSubject } from "../job-subject.ts";
import type { Stage } from "../stage.ts";
import { withDropIn } from "./drop-in.ts";
import { waitTold } from "./wait-told.ts";

const kill = 9;
/** By hand and past its gate, so that it is the same on any day and at any time. */
const pastItsGate = ["--override", "--why", "rehearsed"];

/** Missed slots are looked for within so long. */
const longestAhead = 30 * 86_400_000;

type Ran = { slot: string | null; result: RunResult; reason: string; started: string; ended: string | null };

/** Where every fault of a job begins: its timer rests, no run goes on, and nothing is open that would swallow what is told. */
export async function settleJob({ app, unit, timer }: JobSubject, stage: Stage): Promise<void> {
  if (timer !== null) await stage.run(["systemctl", "stop", timer]);
  await stage.run(["systemctl", "stop", unit]);
  await stage.outside.systemd.resetFailed(unit).catch(() => {});
  const { stdout } = await stage.holdfast("--json", "incident", "list", app);
  const { incidents } = JSON.parse(stdout) as { incidents: { name: string; state: string }[] };
  for (const { name, state } of incidents)
    if (state !== "resolved")
      await stage.holdfast("incident", "resolve", name, "--reason", "the rehearsal goes on");
}

async function latestRun(stage: Stage, app: string, job: string): Promise<Ran | null> {
  return (await runsOf(stage, app, job))[0] ?? null;
}

async function runsOf(stage: Stage, app: string, job: string): Promise<Ran[]> {
  const { stdout } = await stage.holdfast("--json", "runs", `${app}/${job}`);
  return (JSON.parse(stdout) as { jobs: { runs: Ran[] }[] }).jobs[0]!.runs;
}

/** What is to be on record and told of a run that went wrong. */
async function judgeFailure(
  { subject, stage, watch }: JobScene,
  expected: RunResult,
  since: number,
  promise: string,
  because: string,
): Promise<Seen> {
  const { app, name, job } = subject;
  const run = await latestRun(stage, app, name);
  if (run?.result !== expected)
    return {
      verdict: "broken",
      promise,
      because,
      says: `it is on record as ${run === null ? "nothing at all" : `${run.result}: ${run.reason}`}`,
      fix: `see: holdfast runs ${name}`,
    };
  const detect = watch.now;
  watch.note("check", `on record as ${run.result}: ${run.reason}`);
  const told = await waitTold(stage, app, since, ({ summary }) => summary.includes(name));
  if (told.length === 0)
    return {
      verdict: "broken",
      promise,
      because,
      detect,
      says: `it is on record as ${run.result}, and nobody would have been told`,
      fix: "see: holdfast notify preview",
    };
  const severity = worstOf(told.map((one) => one.severity))!;
  // Without notify nobody has said what is critical to whom.
  if (job.critical && stage.spec.notify !== undefined && isWorse("critical", severity))
    return {
      verdict: "broken",
      promise,
      because: `jobs.${name}.critical`,
      detect,
      says: `it is critical, and was told as ${severity}`,
    };
  return {
    verdict: "kept",
    promise,
    because,
    detect,
    says: `on record as ${run.result} (${run.reason}), told as ${severity}`,
  };
}

/** Each job that needs this one is to be refused by its gate, with this one as the reason. */
async function judgeDependents({ subject, stage }: JobScene, seen: Seen): Promise<Seen> {
  const { app, name, dependents } = subject;
  const words: string[] = [];
  for (const other of dependents) {
    await stage.holdfast("run", `${app}/${other}`);
    const run = await latestRun(stage, app, other);
    if (run?.result === "already-done") {
      words.push(`${other} had run before`);
      continue;
    }
    if (run?.result !== "blocked" || !run.reason.includes(name))
      return {
        ...seen,
        verdict: "broken",
        because: `jobs.${other}.needs`,
        says: `${other} needs it, and was not blocked: ${run?.result ?? "nothing"} is on record`,
      };
    words.push(`${other} is blocked`);
  }
  return words.length === 0 ? seen : { ...seen, says: `${seen.says}; ${words.join(", ")}` };
}

const program = (...argv: string[]): string[] => ["ExecStart=", `ExecStart=${argv.join(" ")}`];

/** What runs at its time, breaks. The failure comes first: a success of the same day would open the gates of what needs it. */
export const jobFaults: readonly JobFault[] = [
  {
    id: "job-fails",
    title: "its program exits with 1",
    standard: true,
    scope: "job",
    run: async (scene) => {
      const { subject, stage } = scene;
      const { app, name, unit, dependents } = subject;
      const since = Date.now();
      await withDropIn(stage, unit, program("/bin/false"), () =>
        stage.holdfast("run", `${app}/${name}`, ...pastItsGate),
      );
      const blocks = dependents.length === 0 ? "" : `, and ${dependents.join(", ")} does not run`;
      const promise = `a failed run of ${name} is recorded and told${blocks}`;
      const seen = await judgeFailure(scene, "failed", since, promise, "every run and its end are recorded");
      return seen.verdict === "kept" ? judgeDependents(scene, seen) : seen;
    },
  },
  {
    id: "job-hangs",
    title: "its program never ends",
    standard: true,
    scope: "job",
    run: async (scene) => {
      const { subject, stage } = scene;
      const { app, name, unit, timeout } = subject;
      const promise = `a run of ${name} that hangs is ended after ${describeDuration(timeout)}, recorded and told`;
      const because = `jobs.${name}.timeout`;
      const found = await stage.outside.systemd.properties(unit, ["TimeoutStartUSec"]);
      const inForce = numberOf(found, "TimeoutStartUSec") / 1000;
      if (inForce !== timeout)
        return {
          verdict: "broken",
          promise,
          because,
          says: `systemd would wait ${inForce > 1e12 ? "for ever" : describeDuration(inForce)}`,
        };
      const since = Date.now();
      // Nobody waits for a quarter of an hour: systemd has the real one, and is seen to act on one of 2 s.
      await withDropIn(stage, unit, [...program("/bin/sleep", "infinity"), "TimeoutStartSec=2s"], () =>
        stage.holdfast("run", `${app}/${name}`, ...pastItsGate),
      );
      return judgeFailure(scene, "timed-out", since, promise, because);
    },
  },
  {
    id: "job-killed",
    title: "its program is killed in the middle of a run (SIGKILL)",
    standard: false,
    scope: "job",
    run: async (scene) => {
      const { subject, stage, watch } = scene;
      const { app, name, unit } = subject;
      const promise = `a run of ${name} that is killed is recorded as failed and told, and is not done again by itself`;
      const because = "every run and its end are recorded";
      const since = Date.now();
      const began = await withDropIn(stage, unit, program("/bin/sleep", "infinity"), async () => {
        const run = stage.holdfast("run", `${app}/${name}`, ...pastItsGate);
        const runs = await watch.until(20_000, ({ pid }) => pid !== 0);
        if (runs) await stage.outside.systemd.kill(unit, kill, "main");
        else await stage.run(["systemctl", "stop", unit]);
        await run;
        return runs;
      });
      if (!began) return { verdict: "not-rehearsed", promise, because, says: "the run did not begin" };
      const seen = await judgeFailure(scene, "failed", since, promise, because);
      const again = await watch.look();
      return seen.verdict === "kept" && again.pid !== 0
        ? { ...seen, verdict: "broken", says: "it was started again by itself" }
        : seen;
    },
  },
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
    run: async ({ subject, stage, watch }) => {
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
      const told = await waitTold(stage, app, since, ({ summary }) => summary.includes(name));
      return {
        verdict: told.length === 0 ? "broken" : "kept",
        promise,
        because,
        detect: watch.now,
        says: `the slot ${iso} is on record as missed, and ${told.length === 0 ? "nobody would have been told" : "told"}`,
      };
    },
  },
];
