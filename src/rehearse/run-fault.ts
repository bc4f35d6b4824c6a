import type { ThrowawayHost } from "../host/throwaway/throwaway.ts";
import { beginAnew } from "./begin-anew.ts";
import type { Fault, JobFault } from "./fault.ts";
import { settle } from "./faults/comes-back.ts";
import { settleJob } from "./faults/job-record.ts";
import type { JobSubject } from "./job-subject.ts";
import { watchLateness } from "./lateness.ts";
import type { Outcome, Seen } from "./outcome.ts";
import type { Stage } from "./stage.ts";
import type { Subject } from "./subject.ts";
import { UnitWatch } from "./watch-unit.ts";
import { whyNotYet } from "./why-not-yet.ts";

type Base = Pick<Outcome, "fault" | "title" | "service">;

const notOver = "what broke earlier is not over";

/** Does one fault to one service, from a healthy state, and says what became of the promise. `begin`: what is to be so before it. */
export async function runFault(
  fault: Fault,
  subject: Subject,
  stage: Stage,
  now: () => number,
  begin: (stage: Stage) => Promise<boolean> = async () => true,
): Promise<Outcome> {
  const service = fault.scope === "host" ? null : subject.name;
  const base = { fault: fault.id, title: fault.title, service };
  const cannot = fault.cannot?.(subject, stage) ?? null;
  if (cannot !== null) return notRehearsed(base, cannot);
  const lacks = fault.needs !== undefined && lackOf(stage.host, fault.needs);
  if (lacks) return { ...notRehearsed(base, lacks), lacks: fault.needs! };
  stage.signal.throwIfAborted();
  stage.progress.begin(`${service === null ? "" : `${service}: `}${fault.title}`);
  const prepare = async (): Promise<string | null> => {
    const setUp = new UnitWatch(() => stage.outside, subject.unit, stage.pace);
    if (!(await settle(subject, stage, setUp)))
      return `${subject.name} was not ready before it: what broke earlier is still broken`;
    return (await begin(stage)) ? null : notOver;
  };
  return run({ base, subject, stage, now, prepare }, async (watch) => {
    const before = await watch.look();
    return fault.run({ subject, stage, watch, before });
  });
}

/** Does one fault to one job. Its timer rests meanwhile, so that no slot comes in between. */
export async function runJobFault(
  fault: JobFault,
  subject: JobSubject,
  stage: Stage,
  now: () => number,
): Promise<Outcome> {
  const base = { fault: fault.id, title: fault.title, service: subject.name };
  const cannot = fault.cannot?.(subject, stage) ?? null;
  if (cannot !== null) return notRehearsed(base, cannot);
  stage.signal.throwIfAborted();
  stage.progress.begin(`${subject.name}: ${fault.title}`);
  const prepare = async (): Promise<string | null> => {
    await settleJob(subject, stage);
    return (await beginAnew(stage)) ? null : notOver;
  };
  return run({ base, subject, stage, now, prepare }, (watch) => fault.run({ subject, stage, watch }));
}

type Act = {
  base: Base;
  subject: Subject | JobSubject;
  stage: Stage;
  now: () => number;
  prepare: () => Promise<string | null>;
};

/** Prepares a fault, does it, and gathers who was told of it. */
async function run(
  { base, subject, stage, now, prepare }: Act,
  act: (watch: UnitWatch) => Promise<Seen>,
): Promise<Outcome> {
  const began = performance.now();
  const trouble = await whyNotYet(stage.signal, prepare);
  if (trouble !== null) {
    stage.progress.end("failed");
    return notRehearsed(base, trouble);
  }
  const since = now();
  const watch = new UnitWatch(() => stage.outside, subject.unit, stage.pace);
  watch.note("fault", base.title);
  const seen = await see(stage, () => act(watch));
  const told = await stage.told(subject.app, since).catch(() => []);
  for (const { severity, summary, after } of told)
    watch.moments.push({ at: Math.round(after), kind: "told", what: `${severity}: ${summary}` });
  stage.progress.end(seen.verdict === "broken" ? "broken" : "done");
  return {
    ...base,
    verdict: seen.verdict,
    promise: seen.promise,
    because: seen.because,
    says: seen.says,
    fix: seen.fix ?? null,
    detect: rounded(seen.detect),
    recover: rounded(seen.recover),
    ...(seen.from === undefined ? {} : { from: Math.round(seen.from) }),
    told,
    timeline: watch.moments.toSorted((a, b) => a.at - b.at),
    millis: Math.round(performance.now() - began),
  };
}

function notRehearsed(base: Base, says: string): Outcome {
  const nothing = { promise: "", because: "", fix: null, detect: null, recover: null, millis: 0 };
  return { ...base, verdict: "not-rehearsed", says, ...nothing, told: [], timeline: [] };
}

/** What a fault's own code says; that this machine was busy is no excuse, but whoever reads of a broken promise has to know it. */
async function see(stage: Stage, act: () => Promise<Seen>): Promise<Seen> {
  const { result, busy } = await watchLateness(() =>
    act().catch((error: unknown): Seen => {
      if (stage.signal.aborted) throw error;
      const says = `the rehearsal itself failed: ${(error as Error).message}`;
      return { verdict: "not-rehearsed", promise: "", because: "", says };
    }),
  );
  return result.verdict === "broken" && busy !== null
    ? { ...result, says: `${result.says} (${busy})` }
    : result;
}

/** What a copy cannot show because of the machine it is on, in words; null when it can. */
function lackOf(host: ThrowawayHost, needs: "limits" | "own-kernel"): string | null {
  if (needs === "limits")
    return host.limits
      ? null
      : "limits have no effect on this copy: its machine has version 1 control groups, and its systemd wants version 2";
  return host.machine === null ? "it needs a kernel and a clock of its own: holdfast rehearse --vm" : null;
}

function rounded(millis: number | null | undefined): number | null {
  return millis == null ? null : Math.round(millis);
}
