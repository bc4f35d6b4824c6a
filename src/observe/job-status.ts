import type { Host } from "../host/host.ts";
import { limitOf, textOf } from "../host/properties.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import { openDay } from "../gate/open-day.ts";
import { dateInZone, slotsBetween } from "../gate/slots.ts";
import type { Pause, Run, Runs } from "../store/runs.ts";

export type JobStatus = {
  app: string;
  job: string;
  unit: string;
  zone: string;
  critical: boolean;
  /** Armed, or why not. */
  timer: "armed" | "not armed" | "no times";
  /** ISO; as systemd has it. */
  next: string | null;
  last: Run | null;
  paused: Pause | null;
  today: Today;
  needs: readonly string[];
};

/** The job's trading day, in its own zone. */
export type Today = {
  date: string;
  /** Null when it is open; why not otherwise. */
  closed: string | null;
  slots: number;
  come: number;
  succeeded: number;
  /** The result of the last run of today, if there was one. */
  result: string | null;
  reason: string | null;
};

const day = 86_400_000;

/** What a job did last, does next, and where its day stands. */
export async function readJobStatus(
  host: Host,
  desired: Desired,
  service: DesiredService,
  runs: Runs,
  now: number,
): Promise<JobStatus> {
  const rule = service.job!;
  const timer = desired.timers.find((candidate) => candidate.job === service.name);
  const found = timer
    ? await host.systemd.properties(timer.unit, ["ActiveState", "NextElapseUSecRealtime"])
    : {};
  // A timer that is not armed answers with "never", which is no time.
  const next = limitOf(found, "NextElapseUSecRealtime");
  const latest = runs.latest(rule.app, rule.job, 50);
  return {
    app: rule.app,
    job: rule.job,
    unit: service.unit,
    zone: rule.zone,
    critical: rule.critical,
    timer: !timer ? "no times" : textOf(found, "ActiveState") === "active" ? "armed" : "not armed",
    next: next === null || next === 0 ? null : new Date(next / 1000).toISOString(),
    last: latest[0] ?? null,
    paused: runs.paused(rule.app, rule.job, new Date(now).toISOString()),
    today: todayOf(rule, latest, now),
    needs: rule.needs,
  };
}

function todayOf(rule: NonNullable<DesiredService["job"]>, latest: readonly Run[], now: number): Today {
  const date = dateInZone(now, rule.zone);
  const slots = slotsBetween(rule.slots, now - 1.2 * day, now + 1.2 * day).filter(
    (slot) => dateInZone(slot, rule.zone) === date,
  );
  const open = openDay(rule, date);
  const ofToday = latest.filter((run) => run.tradingDay === date);
  // A refusal after a success, such as a second start, does not take the success away.
  const telling =
    ofToday.find((run) => run.result !== "already-done" && run.result !== "still-running") ?? ofToday[0];
  return {
    date,
    closed: open.open === true ? null : open.why,
    slots: slots.length,
    come: slots.filter((slot) => slot <= now).length,
    succeeded: new Set(ofToday.filter((run) => run.result === "succeeded").map((run) => run.slot)).size,
    result: telling?.result ?? null,
    reason: telling?.reason ?? null,
  };
}
