import { endingOf, listOf, numberOf, textOf } from "../../host/properties.ts";
import { explainEnding } from "../../explain-failure/explain-ending.ts";
import { printable } from "../../value/printable.ts";
import { budgetOf } from "./budget.ts";
import type { GiveUp } from "../../store/records.ts";
import { parseEvidence } from "../evidence.ts";
import type { Budget, Cause, Diagnosis, End, Evidence, LimitUse, OpenGiveUp } from "./diagnosis.ts";
import { limitsOf } from "./limits.ts";
import { endsOf } from "./reason.ts";
import { watchedCauses } from "./watched.ts";
import { runsOf } from "./runs.ts";

/** Judges the evidence of one service: why it is as it is, and what to do. Pure, so that every case can be tried. */
export function diagnose(evidence: Evidence): Diagnosis {
  const { properties } = evidence;
  const runs = runsOf(evidence.entries);
  const all = endsOf(runs, evidence);
  const since = new Date(evidence.since / 1000).toISOString();
  const ends = all.filter((end) => end.at >= since);
  const limits = limitsOf(properties, evidence.use, ends);
  const restarts = evidence.job ? null : budgetOf(runs, properties, evidence.deeds, evidence.now);
  const active = textOf(properties, "ActiveState");
  const last = all.at(-1);
  const verdict = verdictOf(evidence, active, last, limits);
  const changed = numberOf(properties, "StateChangeTimestamp");
  return {
    app: evidence.app,
    service: evidence.service,
    unit: evidence.unit,
    active,
    sub: textOf(properties, "SubState"),
    since: changed === 0 ? null : new Date(changed / 1000).toISOString(),
    verdict,
    ending: active === "active" ? null : (endingWords(last) ?? explainEnding(endingOf(properties)).sentence),
    causes: causesOf(evidence, verdict, all, ends, limits, restarts),
    ends,
    limits,
    restarts,
    giveUps: evidence.giveUps.map(openGiveUp),
    log: evidence.log,
  };
}

function openGiveUp({ at, result, exitCode, exitStatus, evidence }: GiveUp): OpenGiveUp {
  return { at, result, exitCode, exitStatus, reason: parseEvidence(evidence)?.reason ?? result };
}

const harmless: ReadonlySet<End["reason"]> = new Set(["stopped", "shutdown", "finished", "skipped"]);

function verdictOf(
  { app, properties, intent, giveUps, job, watched }: Evidence,
  active: string,
  last: End | undefined,
  limits: readonly LimitUse[],
): Diagnosis["verdict"] {
  if (watched && (watched.breaker.state === "open" || (watched.health?.issues.length ?? 0) > 0))
    return "trouble";
  const rests = job && active !== "failed" && (last === undefined || harmless.has(last.reason));
  const up = active === "active" || active === "reloading" || rests;
  if (up) return limits.some(({ hit }) => hit) || giveUps.length > 0 ? "trouble" : "well";
  if (active === "inactive" && textOf(properties, "LoadState") === "loaded") {
    const skipped = app === "" && last?.reason === "skipped";
    if (intent?.stopped || last === undefined || last.reason === "stopped" || skipped) return "stopped";
  }
  return "trouble";
}

function endingWords(last: End | undefined): string | undefined {
  return last?.words;
}

function causesOf(
  evidence: Evidence,
  verdict: Diagnosis["verdict"],
  all: readonly End[],
  ends: readonly End[],
  limits: readonly LimitUse[],
  restarts: Budget | null,
): Cause[] {
  const causes: Cause[] = [...loadCauses(evidence)];
  if (verdict === "stopped") causes.push(stoppedCause(evidence, all.at(-1)));
  else {
    causes.push(...causesWatched(evidence));
    const told = all.findLast((end) => end.reason !== "start-limit")?.words ?? "";
    const troubles = evidence.troubles.filter(({ what }) => !told.includes(printable(what)));
    causes.push(...troubles.map(({ what, fix }) => ({ what: printable(what), fix })));
    causes.push(...endCauses(evidence, all, ends, restarts));
  }
  if (verdict === "trouble" && causes.length === 0)
    causes.push(...evidence.giveUps.slice(0, 1).map((newest) => givenUp(newest, evidence)));
  causes.push(...limits.filter(({ hit, name }) => hit && !(name === "memory" && isOom(all))).map(limitCause));
  return unique(causes);
}

function causesWatched({ watched, service, now }: Evidence): Cause[] {
  return watched ? watchedCauses(watched, service, now / 1000) : [];
}

function loadCauses({ properties, unit }: Evidence): Cause[] {
  const state = textOf(properties, "LoadState");
  if (state === "loaded" || state === "") return [];
  const why = listOf(properties, "LoadError")[1] ?? "";
  const what =
    state === "masked"
      ? `${unit} is masked`
      : `systemd cannot load ${unit} (${state})${why === "" ? "" : `: ${why}`}`;
  return [{ what: printable(what), fix: state === "masked" ? `systemctl unmask ${unit}` : "holdfast apply" }];
}

function stoppedCause({ intent, service }: Evidence, last: End | undefined): Cause {
  const start = `holdfast start ${service}`;
  if (intent?.stopped) {
    const why = intent.why === null ? "" : ` (${intent.why})`;
    return { what: printable(`${intent.who} stopped it at ${intent.at}${why}`), fix: start };
  }
  return {
    what: last === undefined ? "it was not started since this machine has a journal" : last.words,
    fix: last?.reason === "skipped" ? last.fix : start,
  };
}

/** Nothing is wrong now, but what went wrong then has not been called mended. */
function givenUp(newest: GiveUp, { service, job }: Evidence): Cause {
  const { at, reason } = openGiveUp(newest);
  return {
    what: printable(`it gave up at ${at}: ${reason}`),
    fix: job ? `a run that succeeds ends this: holdfast run ${service}` : `holdfast reset ${service}`,
  };
}

/** The last end, and what is special about those before it. */
function endCauses(
  { properties, log, service, failure }: Evidence,
  all: readonly End[],
  ends: readonly End[],
  restarts: Budget | null,
): Cause[] {
  const faults = ends.filter((end) => !harmless.has(end.reason) && end.reason !== "start-limit");
  const last = all.findLast((end) => end.reason !== "start-limit");
  const up = textOf(properties, "ActiveState") === "active";
  // Who may not read the journal can still ask systemd how it ended.
  if (last === undefined && failure !== null)
    return [{ what: failure.explanation.sentence, fix: failure.explanation.fix }];
  if (last === undefined || harmless.has(last.reason) || (up && faults.length === 0)) return [];
  const same = faults.filter((end) => end.reason === last.reason && end.words === last.words);
  const often = same.length > 1 ? ` (${same.length} times since ${same[0]!.at})` : "";
  const said = last.reason === "exit-code" || last.reason === "precondition" ? lastComplaint(log) : null;
  const what = `${last.words}${often}${said === null ? "" : `; its log says: ${said}`}`;
  const causes = [{ what, fix: last.fix }];
  if (restarts?.spent)
    causes.push({
      what: `systemd does not start it any more: ${restarts.of} starts within its window are used up`,
      fix: `when the cause is mended: holdfast reset ${service}`,
    });
  return causes;
}

/** The last line that the program itself calls an error, or else its last line. */
function lastComplaint(log: Evidence["log"]): string | null {
  const own = log.filter(({ from }) => from === "unit");
  const line = own.findLast(({ level }) => level === "error") ?? own.at(-1);
  return line === undefined ? null : printable(line.message.slice(0, 300));
}

function isOom(all: readonly End[]): boolean {
  return all.findLast((end) => end.reason !== "start-limit")?.reason === "oom";
}

function limitCause({ words, fix, name }: LimitUse): Cause {
  return { what: `${name}: ${words}`, fix };
}

function unique(causes: readonly Cause[]): Cause[] {
  return [...new Map(causes.map((cause) => [cause.what, cause])).values()];
}
