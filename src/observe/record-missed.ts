import type { Files } from "../host/host.ts";
import { findMissed, findOverlong, type MissedRun } from "../gate/missed.ts";
import type { JobRule } from "../plan/job-rule.ts";
import type { Changes } from "../store/changes.ts";
import type { Generation } from "../store/generations.ts";
import { readJobRules } from "../store/generations.ts";
import type { Records } from "../store/records.ts";
import type { Runs } from "../store/runs.ts";
import { describeDuration } from "../value/duration.ts";

/** Something to say in the journal, with its syslog level. */
export type Notice = { level: number; job: string; text: string };

export type Watching = {
  files: Files;
  stateDirectory: string;
  changes: Changes;
  records: Records;
  runs: Runs;
  now: number;
  boot: string;
  bootedAt: number;
};

/** A host that was away for longer has other troubles; a job that ran each minute would fill the record. */
const lookBack = 35 * 86_400_000;
const mostSaid = 10;

/** Records slots that came without a run, closes runs that a reboot cut short, and notes those that take too long. */
export async function recordMissed(
  app: string,
  { desired }: Generation,
  watching: Watching,
): Promise<{ missed: (MissedRun & { job: string })[]; notices: Notice[] }> {
  const { runs, records, now, boot } = watching;
  const at = new Date(now).toISOString();
  const rules = desired.services.flatMap(({ job }) => job ?? []);
  const intents = records.intents(app);
  const armed = new Map(
    desired.timers.map(({ job, unit, enable }) => [
      job,
      (intents.get(unit)?.boot ?? enable) && !intents.get(unit)?.stopped,
    ]),
  );
  const since = await expectedSince(app, rules, watching);
  const missed: (MissedRun & { job: string })[] = [];
  const notices: Notice[] = [];
  // The gate of a job that starts just now waits until this is done, and so decides on the same record.
  runs.exclusively(() => {
    for (const { job, started } of runs.closeLost(app, boot, at))
      notices.push({ level: 3, job, text: `the run that began at ${started} was cut short by a reboot` });
    for (const rule of rules) {
      const found = armed.get(rule.job) ? missedOf(rule, since.get(rule.job)!, watching) : [];
      for (const { slot, tradingDay, result, reason } of found)
        runs.add({
          app,
          job: rule.job,
          slot,
          tradingDay,
          trigger: "timer",
          result,
          reason,
          started: at,
          invocation: null,
          boot,
        });
      missed.push(...found.map((run) => ({ ...run, job: rule.job })));
      notices.push(...describeMissed(rule, found), ...overlongOf(rule, watching));
    }
  });
  return { missed, notices };
}

function missedOf(rule: JobRule, since: number, { runs, now, bootedAt }: Watching): MissedRun[] {
  const from = Math.max(since, now - lookBack);
  const paused = runs.paused(rule.app, rule.job, new Date(from).toISOString());
  return findMissed(rule, runs.since(rule.app, rule.job, new Date(from).toISOString()), {
    since: from,
    now,
    paused,
    bootedAt,
  });
}

function describeMissed(rule: JobRule, found: readonly MissedRun[]): Notice[] {
  const critical = rule.critical ? " It is critical." : "";
  const said = found.slice(0, mostSaid).map(({ slot, result, reason }): Notice => ({
    level: result === "missed" ? 3 : 4,
    job: rule.job,
    text: `did not run at ${slot} (${result}): ${reason}.${critical} See: holdfast runs ${rule.job}`,
  }));
  const more = found.length - said.length;
  return more === 0 ? said : [...said, { level: 3, job: rule.job, text: `and ${more} more times` }];
}

function overlongOf(rule: JobRule, { runs, now }: Watching): Notice[] {
  const running = runs.running(rule.app, rule.job);
  if (!running) return [];
  const durations = runs
    .latest(rule.app, rule.job, 50)
    .flatMap(({ result, started, ended }) =>
      result === "succeeded" && ended !== null ? Date.parse(ended) - Date.parse(started) : [],
    );
  const found = findOverlong(rule, running.started, durations, now);
  if (!found) return [];
  const text = `has been running for ${describeDuration(found.takes)}; it usually takes at most ${describeDuration(found.usual)}`;
  return [{ level: 4, job: rule.job, text }];
}

/** From when on each job is there without a break, with the times it has now; what came before was never promised. */
async function expectedSince(
  app: string,
  rules: readonly JobRule[],
  { changes, files, stateDirectory, now }: Watching,
): Promise<Map<string, number>> {
  const since = new Map(rules.map(({ job }) => [job, now]));
  const open = new Map(rules.map((rule) => [rule.job, timesText(rule)]));
  for (const { generation, at } of changes.generations(app)) {
    if (generation === null || open.size === 0) break;
    const then = new Map(
      (await readJobRules(files, stateDirectory, app, generation)).map((rule) => [rule.job, timesText(rule)]),
    );
    for (const [job, times] of open) {
      if (then.get(job) === times) since.set(job, Date.parse(at));
      else open.delete(job);
    }
    if (Date.parse(at) < now - lookBack) break;
  }
  return since;
}

const timesText = ({ slots, zone, calendar }: JobRule) => JSON.stringify([slots, zone, calendar]);
