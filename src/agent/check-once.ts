import { join } from "node:path";
import { parseWatchFile, type CheckRule } from "../compile/watch-rule.ts";
import { assess } from "../heal/assess.ts";
import { decide } from "../heal/decide.ts";
import { nextLookAt } from "../heal/due.ts";
import type { ServiceHealth } from "../heal/service-state.ts";
import { fillTallies } from "../observe/probes/fill-tallies.ts";
import { LineTally } from "../observe/probes/line-tally.ts";
import { readUnitFacts } from "../observe/probes/read-unit-facts.ts";
import { runChecks } from "../observe/probes/run-checks.ts";
import { act, carryOut, prove, reconcile, type ActContext } from "./acts.ts";
import { readSaid, type Said } from "./circumstances.ts";
import { isBusy, forgetEnded, noteRestarts, saveStates, setCircumstances, take } from "./round.ts";
import { Watched } from "./watched.ts";

export type CheckOnce = ActContext & { rulesDirectory: string; boot: string; signal: AbortSignal };

export type Checked = { service: string; health: ServiceHealth; done: string | null };

/** A look that is due before the next run of the timer is made now. */
const slack = 30_000;
/** As much of a check's usual time as leaves some for what is found. */
const longestCount = 8000;

/** One round over an application's services, as the agent does it all the time: look, judge, decide, heal. null: it has no rules. */
export async function checkOnce(context: CheckOnce, app: string): Promise<Checked[] | null> {
  const text = await context.host.files.read(join(context.rulesDirectory, `${app}.json`));
  if (text === null) return null;
  const file = parseWatchFile(text);
  const said = readSaid(context.memory, [app], context.now());
  const services = file.services.map((rule) => new Watched(file, rule));
  await Promise.all(services.map((of) => begin(context, of)));
  await countLines(context, services);
  return Promise.all(services.map((of) => checkService(context, of, said)));
}

async function begin(context: CheckOnce, of: Watched): Promise<void> {
  const { host, memory, now, boot } = context;
  await reconcile(context, of);
  const ended = memory.read([], ({ watch }) => of.load(watch, now()));
  forgetEnded(context, of, ended);
  of.state = { ...of.state, unit: await readUnitFacts(host, of.rule.unit) };
  of.lastEnd = of.state.unit.ended;
  if (of.state.unit.active !== "unknown") noteRestarts(context, of, boot, true);
}

/** One journalctl for all services, where each check would start its own. What cannot be read here, its check says itself. */
async function countLines({ now, signal }: CheckOnce, services: readonly Watched[]): Promise<void> {
  const [first] = services;
  if (!first) return;
  try {
    const wanted = services.flatMap((of) =>
      of.rule.checks.flatMap(({ id, look }) =>
        look.kind === "log"
          ? [{ of, id, unit: of.rule.unit, tally: new LineTally(look), since: of.state.unit.activeSince }]
          : [],
      ),
    );
    const soon = AbortSignal.any([signal, AbortSignal.timeout(longestCount)]);
    await fillTallies(first.file, wanted, now(), soon);
    for (const { of, id, tally } of wanted) of.tallies.set(id, tally);
  } catch {
    for (const of of services) of.tallies.clear();
  }
}

async function checkService(context: CheckOnce, of: Watched, said: Said): Promise<Checked> {
  const { now } = context;
  if (of.heal !== null && of.heal.step !== "prove") await goOn(context, of, of.heal.id);
  setCircumstances(of, said, around(now()));
  const due = of.rule.checks.filter((check) => nextLookAt(of.rule, check, of.state, now()) <= now() + slack);
  await look(context, of, due, said);
  const done = await settle(context, of, said);
  saveStates(context, of);
  return { service: of.rule.service, health: assess(of.rule, of.state, now()), done };
}

/** Nobody is here all the time who could see that the clock was set. */
const around = (now: number) => ({ paused: null, clockSetAt: undefined, now });

/** A heal that was cut short. */
async function goOn(context: CheckOnce, of: Watched, id: number): Promise<void> {
  of.acting = true;
  await carryOut(context, of, id);
  // That may have taken minutes.
  of.tallies.clear();
  await refresh(context, of);
}

async function look(
  context: CheckOnce,
  of: Watched,
  checks: readonly CheckRule[],
  said: Said,
): Promise<void> {
  const { host, signal, now } = context;
  const readings = await runChecks({
    host,
    watch: of.file,
    service: of.rule,
    unit: of.state.unit,
    checks,
    kept: (id) => of.state.checks[id]?.kept ?? null,
    tally: (id) => of.tallies.get(id) ?? null,
    clock: now,
    signal,
  });
  for (const check of checks) {
    if (check.look.kind === "unit" && isBusy(of, said)) continue;
    take(context, of, check, readings.get(check.id)!);
  }
}

/** Returns what was done, in a word; null when nothing was. */
async function settle(context: CheckOnce, of: Watched, said: Said): Promise<string | null> {
  const { memory, now } = context;
  if (of.heal?.step === "prove" && prove(context, of, of.heal) === null)
    memory.read(undefined, ({ watch }) => of.refresh(watch, now()));
  for (let asked = 0; asked < 3; asked++) {
    setCircumstances(of, said, around(now()));
    const decision = decide(of.rule, of.state, now());
    if (decision.kind === "nothing") return null;
    if (decision.kind === "look-again") {
      const { checks } = decision;
      await look(
        context,
        of,
        of.rule.checks.filter(({ id }) => checks.includes(id)),
        said,
      );
      continue;
    }
    of.acting = true;
    await act(context, of, decision);
    await refresh(context, of);
    return decision.kind;
  }
  return null;
}

async function refresh({ host, memory, now }: CheckOnce, of: Watched): Promise<void> {
  of.acting = false;
  memory.read(undefined, ({ watch }) => of.refresh(watch, now()));
  of.state = { ...of.state, unit: await readUnitFacts(host, of.rule.unit) };
}
