import { numberOf } from "../../host/properties.ts";
import type { RunResult } from "../../store/run-result.ts";
import { describeDuration } from "../../value/duration.ts";
import { isWorse, worstOf } from "../../value/severity.ts";
import type { JobFault, JobScene, Seen } from "../fault.ts";
import type { JobSubject } from "../job-subject.ts";
import type { Stage } from "../stage.ts";
import { withDropIn } from "./drop-in.ts";
import { waitTold } from "./wait-told.ts";

const kill = 9;
/** By hand and past its gate, so that it is the same on any day and at any time. */
const pastItsGate = ["--override", "--why", "rehearsed"];

type Ran = { result: RunResult; reason: string; started: string; ended: string | null };

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
    standard: true,
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
      const before = (await runsOf(stage, app, name)).length;
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
      const runs = await runsOf(stage, app, name);
      const ran = runs.slice(0, runs.length - before).filter(({ result }) => result === "succeeded");
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
];
