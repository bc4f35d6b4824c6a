import { exitCode } from "../report/diagnostic.ts";
import { choosePrograms, installedApps } from "./choose.ts";
import { clearCutShort } from "./clear-drill.ts";
import { describeJobs } from "./describe-jobs.ts";
import { readJobStatus, type JobStatus } from "../observe/job-status.ts";
import { readServiceStatus, type ServiceStatus } from "../observe/service-status.ts";
import { describeDuration } from "../value/duration.ts";
import { describeSize } from "../value/size.ts";
import { parseEvidence } from "../observe/evidence.ts";
import type { Intent } from "../plan/change.ts";
import type { Style } from "../report/style.ts";
import { describeLogUse, readLogUse, type LogUse } from "./log-use.ts";
import type { Session } from "./session.ts";
import { describeShortly, describeStatusHealth, describeWatching } from "./describe-status-health.ts";
import { readStatusHealth, type StatusHealth } from "./status-health.ts";
import { describeTold, readTold } from "./status-told.ts";
import { describeAllProbations, readProbations } from "./probation.ts";
import { describeAllEvidence, readEvidence } from "./read-evidence.ts";
import { unfinishedChange } from "./unfinished.ts";

/** holdfast status: straight from systemd and the record. */
export async function runStatus(
  session: Session,
  names: readonly string[],
  options: { quiet?: boolean },
): Promise<number> {
  if (!options.quiet) await clearCutShort(session);
  const unfinished = session.record()?.changes.openApps() ?? [];
  const open = unfinished.flatMap((app) => unfinishedChange(session, app));
  if (!options.quiet) session.out.diagnose(open);
  if (open.length > 0 && names.length === 0 && installedApps(session).length === 0) {
    session.out.result({ services: [] }, options.quiet ? "" : describeStatuses([], session.out.style));
    return options.quiet ? exitCode.failed : exitCode.done;
  }
  const chosen = (await choosePrograms(session, names)).filter(({ service }) => service.job === null);
  const host = await session.host();
  const now = Date.now();
  const statuses = await Promise.all(
    chosen.map(async (one) => ({
      ...(await readServiceStatus(host, one.app, one.generation, one.service)),
      ...recorded(session, one.app, one.service.unit),
      watch: await readStatusHealth(session, one, now),
    })),
  );
  const jobs = await readJobs(session, names);
  const good = [
    ...statuses.map((status) => status.active === "active"),
    // A job is well when its timer is armed; how its runs end is in the record.
    ...jobs.map((job) => job.timer !== "not armed"),
  ];
  if (options.quiet) return good.length > 0 && good.every(Boolean) ? exitCode.done : exitCode.failed;
  const logs = await readLogUse(host, chosen);
  const meant = await choosePrograms(session, names);
  const told = readTold(session, meant, now);
  const probations = await readProbations(session, meant, now);
  const rehearsed = await readEvidence(session, meant, now);
  const text = [
    statuses.length === 0 && jobs.length > 0 ? [] : describeStatuses(statuses, session.out.style, logs),
    describeJobs(jobs, session.out.style),
    describeTold(told, session.out.style, now),
    describeAllProbations(probations, session.out.style, now),
    describeAllEvidence(rehearsed, session.out.style, now),
  ];
  session.out.result(
    { services: statuses, jobs, logs, ...told, probations, rehearsed },
    text.flat().join("\n"),
  );
  return exitCode.done;
}

async function readJobs(session: Session, names: readonly string[]): Promise<JobStatus[]> {
  const record = session.record();
  if (!record) return [];
  const chosen = (await choosePrograms(session, names)).filter(({ service }) => service.job !== null);
  const host = await session.host();
  const now = Date.now();
  return Promise.all(
    chosen.map(({ generation, service }) =>
      readJobStatus(host, generation.desired, service, record.runs, now),
    ),
  );
}

/** What systemd does not know: that it gave up and nobody has dealt with it, and who stopped it. */
type Recorded = {
  gaveUp: readonly {
    at: string;
    result: string;
    exitCode: string | null;
    exitStatus: string | null;
    reason: string;
  }[];
  stopped: Pick<Intent, "who" | "why" | "at"> | null;
};

function recorded(session: Session, app: string, unit: string): Recorded {
  const records = session.record()?.records;
  const open = records?.openGiveUps(app).filter((giveUp) => giveUp.unit === unit) ?? [];
  const gaveUp = open.map(({ at, result, exitCode, exitStatus, evidence }) => ({
    at,
    result,
    exitCode,
    exitStatus,
    reason: parseEvidence(evidence)?.reason ?? result,
  }));
  const intent = records?.intents(app).get(unit);
  const stopped = intent?.stopped ? { who: intent.who, why: intent.why, at: intent.at } : null;
  return { gaveUp, stopped };
}

type Shown = ServiceStatus & Recorded & { watch: StatusHealth };

export function describeStatuses(
  statuses: readonly Shown[],
  style: Style,
  logs: readonly LogUse[] = [],
): string {
  if (statuses.length === 0) return "Nothing is installed.";
  const lines: string[] = [];
  let app = "";
  for (const status of statuses) {
    if (status.app !== app) {
      app = status.app;
      const environment = status.environment === null ? "" : `, ${status.environment}`;
      lines.push(
        `${style.strong(app)}  generation ${status.generation}${environment}${describeLogUse(logs, app)}${describeWatching(status.watch.watching, style)}`,
      );
    }
    lines.push(...describeStatus(status, style));
  }
  return lines.join("\n");
}

function describeStatus(status: Shown, style: Style): string[] {
  const good = status.active === "active";
  const mark = good ? style.good("●") : status.active === "failed" ? style.bad("✗") : style.warn("○");
  const since =
    status.sinceMillis === null ? "" : ` for ${describeDuration(Date.now() - status.sinceMillis)}`;
  const head = `  ${mark} ${status.service.padEnd(12)} ${status.active}${status.active === "active" ? "" : ` (${status.sub})`}${since}${describeShortly(status.watch, style)}`;
  const facts = [
    status.pid === null ? null : `pid ${status.pid}`,
    `restarts ${status.restarts}`,
    status.memory === null
      ? null
      : `memory ${describeSize(status.memory)}${status.memoryMax === null ? "" : ` of ${describeSize(status.memoryMax)}`}`,
    status.cpuSeconds === null
      ? null
      : `cpu ${status.cpuSeconds.toFixed(1)} s${status.cpuQuota === null ? "" : ` at most ${status.cpuQuota}%`}`,
    status.tasks === null
      ? null
      : `tasks ${status.tasks}${status.tasksMax === null ? "" : ` of ${status.tasksMax}`}`,
    status.enabled === "enabled" ? "starts at boot" : "does not start at boot",
  ];
  const lines = [head, `    ${facts.filter((fact) => fact !== null).join("  ")}`];
  if (!good && status.explanation !== null) lines.push(`    ${status.explanation}`);
  if (status.stopped !== null) {
    const { who, at, why } = status.stopped;
    lines.push(`    ${style.warn("!")} ${who} stopped it at ${at}${why === null ? "" : `: ${why}`}`);
  }
  for (const { at, reason } of status.gaveUp) {
    const again = good && status.sinceMillis !== null && status.sinceMillis >= Date.parse(at);
    const then = again
      ? "it runs again, and this ends by itself where somebody watches or is told"
      : "holdfast diagnose";
    lines.push(
      `    ${style.bad(`✗ gave up at ${at}: ${reason}`)}; ${then} / holdfast reset ${status.app}/${status.service}`,
    );
  }
  lines.push(...describeStatusHealth(status.watch, style, Date.now()));
  for (const drift of status.drift) lines.push(`    ${style.warn("!")} ${drift}`);
  return lines;
}
