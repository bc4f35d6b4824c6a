import { run } from "../host/run.ts";
import { drillReason } from "../observe/probation/read-probation.ts";
import { nextSlot } from "../gate/slots.ts";
import { drillReport } from "../rehearse/drill/drill-report.ts";
import { judgeEmergency, type SuiteLook } from "../rehearse/drill/judge-emergency.ts";
import { hashOfArtifacts } from "../rehearse/evidence/judge-evidence.ts";
import { describeReport } from "../rehearse/report/text.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { choosePrograms, type Chosen } from "./choose.ts";
import { clearCutShort } from "./clear-drill.ts";
import { assertHealthy, assertInHours, confirm, oneApp, specOf } from "./drill-checks.ts";
import type { DrillCommandOptions } from "./drill-options.ts";
import { interruptible } from "./interruptible.ts";
import { inOwnWindow } from "./own-window.ts";
import { keepReport } from "./keep-report.ts";
import { writeReports } from "./rehearse.ts";
import { holdfastProgram, type Session } from "./session.ts";
import { underDrill } from "./under-drill.ts";

/** No slot may come while its jobs are paused: nobody would make up for it. */
const clearOfSlots = 5 * 60_000;
/** A pause that nobody resumes ends by itself. */
const longestPause = 3 * 60_000;

/** holdfast drill APP --fault emergency: the suite of jobs is paused, its runs are cancelled, and it is let go on. */
export async function runEmergencyDrill(
  session: Session,
  names: readonly string[],
  options: DrillCommandOptions,
): Promise<number> {
  const { app, generation } = oneApp(await choosePrograms(session, names, "jobs"));
  await session.assertMayChange(`pause the jobs of "${app}"`, "drill");
  await clearCutShort(session, app);
  assertInHours(specOf(generation), options.during, Date.now());
  // Of the whole suite: somebody in an emergency does not choose.
  const jobs = await choosePrograms(session, [app], "jobs");
  const check = async (): Promise<void> => {
    await assertHealthy(session, app);
    assertQuiet(session, app, jobs, Date.now());
  };
  await check();
  if (!session.out.json) session.out.note(describeRadius(app, jobs));
  await confirm(session, app, options.yes ?? false);
  await check();
  const at = Date.now();
  const began = performance.now();
  const progress = session.out.progress();
  const work = async () => {
    progress.begin(`Pause the jobs of ${app}, cancel their runs, and let them go on`);
    const before = await look(session, app, jobs);
    const until = new Date(Date.now() + longestPause).toISOString();
    await must(session, ["pause", app, "--until", until, "--why", drillReason]);
    try {
      const paused = await look(session, app, jobs);
      const cancelled = isRunning(session, app, jobs)
        ? null
        : await holdfast(session, ["cancel", app, "--why", drillReason]);
      return {
        before,
        paused,
        cancelled: cancelled && { ok: cancelled.status === 0, says: cancelled.stdout || cancelled.stderr },
      };
    } finally {
      await must(session, ["resume", app, "--why", drillReason]);
    }
  };
  const drill = { app, faults: ["emergency"], services: [] };
  // A few seconds, which are not cut short: what is paused goes on.
  const seen = await interruptible(() =>
    underDrill(session, drill, () => inOwnWindow(session, app, "drill", work, () => null, "mute")),
  );
  const outcomes = judgeEmergency({ ...seen, after: await look(session, app, jobs) });
  progress.end("done");
  const report = drillReport(generation, {
    systemd: await (await session.host()).systemd.version(),
    at,
    millis: Math.round(performance.now() - began),
    outcomes,
  });
  await writeReports(report, options);
  await keepReport(session, "drill", report, hashOfArtifacts(generation.desired.artifacts));
  session.out.result(report, describeReport(report, session.out.style));
  return outcomes.some(({ verdict }) => verdict === "broken") ? exitCode.failed : exitCode.done;
}

function describeRadius(app: string, jobs: readonly Chosen[]): string {
  return [
    `This is done to "${app}" on this machine, live:`,
    `  ${jobs.map(({ service }) => service.name).join(", ")}: paused for some seconds, and let go on; no slot comes meanwhile, and no program is run or ended`,
    "  Nobody is told meanwhile.",
  ].join("\n");
}

/** Nothing runs, nothing is paused, and no slot is near. */
function assertQuiet(session: Session, app: string, jobs: readonly Chosen[], now: number): void {
  const { runs } = session.record()!;
  const at = new Date(now).toISOString();
  const found = jobs.flatMap(({ service: { name, job } }) => {
    const next = nextSlot(job!.slots, now);
    return [
      ...(runs.running(app, name) === null ? [] : [`${name} is running`]),
      ...(runs.paused(app, name, at) === null ? [] : [`${name} is paused`]),
      ...(next !== null && next - now < clearOfSlots
        ? [`${name} is to run at ${new Date(next).toISOString()}`]
        : []),
    ];
  });
  if (found.length === 0) return;
  throw new HoldfastError({
    severity: "error",
    code: "drill/not-quiet",
    summary: `Cannot drill the emergency of "${app}" now: its jobs are not at rest`,
    detail: found.join("\n"),
    fix: `choose a time when nothing is due for 5 min: holdfast schedule ${app}`,
  });
}

function isRunning(session: Session, app: string, jobs: readonly Chosen[]): boolean {
  const { runs } = session.record()!;
  return jobs.some(({ service }) => runs.running(app, service.name) !== null);
}

function holdfast(session: Session, words: readonly string[]) {
  const user = session.scope === "user" ? ["--user"] : [];
  return run([holdfastProgram(), ...user, ...words], { timeout: 120_000 });
}

async function must(session: Session, words: readonly string[]): Promise<void> {
  const { status, stderr } = await holdfast(session, words);
  if (status === 0) return;
  throw new HoldfastError({
    severity: "error",
    code: "drill/failed",
    summary: `The drill could not go on: holdfast ${words.join(" ")} failed`,
    detail: stderr.trim(),
    fix: "see: holdfast status",
  });
}

type StatusJson = {
  services: SuiteLook["services"];
  jobs: {
    job: string;
    timer: string;
    next: string | null;
    paused: object | null;
    last: { id: number } | null;
  }[];
};

/** By the commands that people would use. */
async function look(session: Session, app: string, jobs: readonly Chosen[]): Promise<SuiteLook> {
  const status = JSON.parse((await holdfast(session, ["--json", "status", app])).stdout) as StatusJson;
  const looks: SuiteLook["jobs"][number][] = [];
  for (const { service } of jobs) {
    const name = `${app}/${service.name}`;
    const asked = JSON.parse((await holdfast(session, ["--json", "run", name, "--ask"])).stdout) as {
      run: boolean;
      result?: string;
    };
    const found = status.jobs.find(({ job }) => job === service.name)!;
    looks.push({
      job: service.name,
      timer: found.timer,
      next: found.next,
      paused: found.paused !== null,
      refused: asked.run ? "" : (asked.result ?? "refused"),
      lastRun: found.last?.id ?? null,
    });
  }
  return { jobs: looks, services: status.services.map(({ service, pid }) => ({ service, pid })) };
}
