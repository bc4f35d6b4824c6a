import { numberOf } from "../../host/properties.ts";
import { describeDuration } from "../../value/duration.ts";
import type { JobFault, JobScene } from "../fault.ts";
import type { JobSubject } from "../job-subject.ts";
import type { Stage } from "../stage.ts";
import { withDropIn } from "./drop-in.ts";
import { latestRun, pastItsGate, program, runsOf } from "./job-record.ts";
import { judgeDependents, judgeFailure } from "./judge-job.ts";
import { describeTold } from "./wait-told.ts";

const kill = 9;

/** The failure comes first: a success of the same day would open the gates of what needs it. */
export const jobFailures: readonly JobFault[] = [
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
      return seen.verdict === "broken" ? seen : judgeDependents(scene, seen);
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
      const { name, unit } = subject;
      const promise = `a run of ${name} that is killed is recorded as failed and told, and is not done again by itself`;
      const because = "every run and its end are recorded";
      const since = Date.now();
      const killed = await midRun(scene, () => stage.outside.systemd.kill(unit, kill, "main"));
      if (killed === null) return { verdict: "not-rehearsed", promise, because, says: notBegun };
      const seen = await judgeFailure(scene, "failed", since, promise, because);
      if (seen.verdict === "broken") return seen;
      const { lost, again } = await lostIn(stage, subject, since);
      const { pid, sub } = await watch.look();
      return again > 0 || pid !== 0 || sub === "auto-restart"
        ? { ...seen, verdict: "broken", says: `${lost}, and it was started again by itself` }
        : { ...seen, says: `${seen.says}; lost: ${lost}, which nothing has done again` };
    },
  },
  {
    id: "job-cancelled",
    title: "somebody cancels a run that goes on",
    standard: false,
    scope: "job",
    run: async (scene) => {
      const { subject, stage, watch } = scene;
      const { app, name } = subject;
      const promise = `a run of ${name} that somebody cancels is ended, is no success, and alarms nobody`;
      const because = "every run and its end are recorded";
      const since = Date.now();
      const ended = await midRun(scene, async () => {
        const said = await stage.holdfast("cancel", `${app}/${name}`, "--why", "rehearsed");
        return { ...said, pid: (await watch.look()).pid, took: watch.now };
      });
      if (ended === null) return { verdict: "not-rehearsed", promise, because, says: notBegun };
      const broken = { verdict: "broken", promise, because } as const;
      if (ended.status !== 0) return { ...broken, says: `holdfast cancel failed: ${ended.stderr.trim()}` };
      if (ended.pid !== 0) return { ...broken, says: `it went on as process ${ended.pid}` };
      const run = await latestRun(stage, app, name);
      if (run?.result !== "cancelled")
        return { ...broken, says: `it is on record as ${run?.result ?? "nothing at all"}` };
      const told = (await stage.told(app, since)).filter(({ summary }) => summary.includes(name));
      const says = `on record as cancelled (${run.reason})`;
      if (told.length > 0) return { ...broken, says: `${says}, ${describeTold(told, stage.spec)}` };
      return judgeDependents(scene, { verdict: "kept", promise, because, recover: ended.took, says });
    },
  },
];

const notBegun = "the run did not begin";

/** Does something in the middle of a run that would not end by itself; null when the run did not begin. */
async function midRun<T>({ subject, stage, watch }: JobScene, act: () => Promise<T>): Promise<T | null> {
  const { app, name, unit } = subject;
  return withDropIn(stage, unit, program("/bin/sleep", "infinity"), async () => {
    const run = stage.holdfast("run", `${app}/${name}`, ...pastItsGate);
    const runs = await watch.until(20_000, ({ pid }) => pid !== 0);
    const done = runs ? await act() : null;
    if (!runs) await stage.run(["systemctl", "stop", unit]);
    await run;
    return done;
  });
}

/** What a run that was killed was for, and how many runs were begun after it. */
async function lostIn(
  stage: Stage,
  { app, name }: JobSubject,
  since: number,
): Promise<{ lost: string; again: number }> {
  const runs = (await runsOf(stage, app, name)).filter(({ started }) => Date.parse(started) >= since);
  const killed = runs.at(-1);
  const took =
    killed?.ended == null
      ? ""
      : ` after ${describeDuration(Date.parse(killed.ended) - Date.parse(killed.started))}`;
  const by = killed?.trigger === "manual" ? "a run that was started by hand" : "a run";
  const what = killed?.slot == null ? by : `${by} for the slot ${killed.slot}`;
  return { lost: `${what}, killed${took}`, again: Math.max(0, runs.length - 1) };
}
