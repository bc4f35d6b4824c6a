import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { ownUnit } from "../compile/names.ts";
import { resultOfEnd } from "../gate/end-run.ts";
import { passGate } from "../gate/pass-gate.ts";
import type { Scope } from "../host/host.ts";
import type { JobRule } from "../plan/job-rule.ts";
import { Changes } from "../store/changes.ts";
import { openDatabase, stateDirectory, together } from "../store/open-store.ts";
import { Records } from "../store/records.ts";
import { Runs } from "../store/runs.ts";
import { Teller } from "../tell/teller.ts";
import { keepEnd, recordKeptEnds, type UnrecordedEnd } from "./unrecorded-ends.ts";

/**
 * holdfast gate APP JOB and record-run APP JOB: what a job's unit runs before and after it. They load nothing but this,
 * because every start of every job waits for them. Exit codes of gate (systemd.service(5), ExecCondition=): 0 run, 1 skip.
 */
export function runGate(words: readonly string[], environment: NodeJS.ProcessEnv): number {
  const scope: Scope = words.includes("--user") ? "user" : "system";
  const [verb, app = "", job = ""] = words.filter((word) => word !== "--user");
  try {
    return verb === "gate" ? gate(scope, app, job, environment) : recordEnd(scope, app, job, environment);
  } catch (error) {
    return withoutRecord(scope, verb!, app, job, error as Error);
  }
}

function gate(scope: Scope, app: string, job: string, environment: NodeJS.ProcessEnv): number {
  const database = openDatabase(scope, { write: true })!;
  const runs = new Runs(database, new Teller(database, { scope, say }));
  recordKeptEnds(scope, (kept) => void endRun(scope, database, kept));
  const elapsed = environment["TRIGGER_TIMER_REALTIME_USEC"];
  const decision = passGate(
    readRule(scope, app, job, database),
    {
      now: Date.now(),
      timerElapsed: environment["TRIGGER_UNIT"] ? Number(elapsed ?? 0) / 1000 : null,
      invocation: environment["INVOCATION_ID"] ?? null,
      boot: readBoot(),
    },
    runs,
  );
  database.close();
  say(
    decision.run ? 5 : decision.result === "already-done" || decision.result === "closed-day" ? 5 : 4,
    `${job} ${decision.run ? "runs" : `does not run (${decision.result})`}: ${decision.reason}`,
  );
  return decision.run ? 0 : 1;
}

function recordEnd(scope: Scope, app: string, job: string, environment: NodeJS.ProcessEnv): number {
  const exitCode = environment["EXIT_CODE"] ?? "";
  const exitStatus = environment["EXIT_STATUS"] ?? "";
  const end = resultOfEnd({
    serviceResult: environment["SERVICE_RESULT"] ?? "",
    exitCode,
    exitStatus,
    stopped: isBeingStopped(scope, app, job),
  });
  if (!end) return 0;
  const invocation = environment["INVOCATION_ID"] ?? "";
  const whole = {
    ...end,
    at: new Date().toISOString(),
    exitCode: exitCode || null,
    exitStatus: exitStatus || null,
  };
  try {
    const database = openDatabase(scope, { write: true })!;
    const known = endRun(scope, database, { app, job, invocation, end: whole });
    database.close();
    if (!known) say(3, `the end of ${job} (${end.result}: ${end.reason}) belongs to no recorded run`);
  } catch (error) {
    keepEnd(scope, { app, job, invocation, end: whole });
    throw error;
  }
  return 0;
}

/** False when no such run is open. A run that succeeds is the end of what kept an earlier one from running at all. */
function endRun(scope: Scope, database: DatabaseSync, { app, job, invocation, end }: UnrecordedEnd): boolean {
  const teller = new Teller(database, { scope, say });
  return together(database, () => {
    const known = new Runs(database, teller).end(app, job, invocation, end);
    if (known && end.result === "succeeded") {
      const records = new Records(database, teller);
      records.closeGiveUps(
        unitOf(scope, app, job),
        "its next run",
        end.at,
        "a run of it has succeeded since",
      );
    }
    return known;
  });
}

/** What systemd sets for ExecStopPost= is the same when a job ends and when it is stopped; its queue tells them apart. */
function isBeingStopped(scope: Scope, app: string, job: string): boolean {
  const own = scope === "user" ? ["--user"] : [];
  const listing = [...own, "list-jobs", "--plain", "--no-legend", unitOf(scope, app, job)];
  const { stdout } = spawnSync("systemctl", listing, { encoding: "utf8", timeout: 5000 });
  return /^\s*\d+ \S+ (stop|restart) /m.test(stdout ?? "");
}

/** The rule of a job in the generation in force. */
function readRule(scope: Scope, app: string, job: string, database: DatabaseSync): JobRule {
  const number = new Changes(database).generationInForce(app);
  if (number === null) throw new Error(`"${app}" has no generation in force`);
  const rule = readRules(scope, app, number).find((candidate) => candidate.job === job);
  if (!rule) throw new Error(`"${app}" has no job named "${job}"`);
  return rule;
}

function generationsDirectory(scope: Scope, app: string): string {
  return join(stateDirectory(scope), "apps", app, "generations");
}

function readRules(scope: Scope, app: string, number: number): JobRule[] {
  const file = join(generationsDirectory(scope, app), String(number), "jobs.json");
  return JSON.parse(readFileSync(file, "utf8")) as JobRule[];
}

function readBoot(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** Without the record nobody can tell whether the job ran today: it runs only if its spec says so. */
function withoutRecord(scope: Scope, verb: string, app: string, job: string, error: Error): number {
  if (verb !== "gate") {
    say(1, `the end of ${job} of ${app} could not be recorded: ${error.message}`);
    return 0;
  }
  const mayRun = mayRunUnsure(scope, app, job);
  say(
    1,
    `${job} of ${app} ${mayRun ? "runs" : "does not run (unsure)"}: the record cannot be used: ${error.message}`,
  );
  return mayRun ? 0 : 1;
}

/** Without its rule, it is the unit that Holdfast would name. */
function unitOf(scope: Scope, app: string, job: string): string {
  return newestRule(scope, app, job)?.unit ?? ownUnit(app, job);
}

/** Without any rule the answer is no. */
function mayRunUnsure(scope: Scope, app: string, job: string): boolean {
  return newestRule(scope, app, job)?.unsure === "run";
}

/** Of the newest rules that can be read. */
function newestRule(scope: Scope, app: string, job: string): JobRule | null {
  try {
    const newest = Math.max(...readdirSync(generationsDirectory(scope, app)).map(Number));
    return readRules(scope, app, newest).find((rule) => rule.job === job) ?? null;
  } catch {
    return null;
  }
}

/** To the journal, with a syslog level in front (sd-daemon(3)). */
function say(level: number, text: string): void {
  process.stderr.write(`<${level}>${text.replace(/[\r\n]+/g, " ")}\n`);
}
