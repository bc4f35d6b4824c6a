import {
  closeBreaker,
  halfOpenBreaker,
  openBreaker,
  reconcileBreaker,
  type BreakerContext,
} from "../apply/breaker.ts";
import { beginHeal, endHeal } from "../apply/heal-record.ts";
import { breakerAfter } from "../heal/breaker.ts";
import type { Decision } from "../heal/decision.ts";
import { proofOf } from "../heal/proof.ts";
import type { Host, JobResult } from "../host/host.ts";
import type { HealRow } from "../heal/heal-row.ts";
import type { UnitName } from "../value/unit-name.ts";
import type { Carry } from "./carrier.ts";
import type { Memory } from "./memory.ts";
import type { Say } from "./say.ts";
import type { Watched } from "./watched.ts";

export type ActContext = {
  host: Host;
  stateDirectory: string;
  memory: Memory;
  say: Say;
  now: () => number;
  carry: Carry;
  /** Who decides, for the record. */
  who: string;
};

export type Acting = Exclude<Decision, { kind: "nothing" | "look-again" }>;

/** Carries out a decision. Everything is on record before it is done, so that whoever is killed here goes on with it. */
export async function act(context: ActContext, of: Watched, decision: Acting): Promise<void> {
  const { say, now, host } = context;
  const guarded = { app: of.app, service: of.rule.service, unit: of.rule.unit };
  const breaker = breakerAfter(of.state.breaker, decision, now());
  const tools = breakerContext(context);
  say(4, `${of.name}: ${describeAct(decision)}: ${decision.why}`);
  switch (decision.kind) {
    case "heal":
      return heal(context, of, decision);
    case "open-breaker":
      await openBreaker(tools, guarded, breaker);
      if (decision.stop)
        await carryOut(context, of, begin(context, of, { act: "stop", ...breakerHeal(decision) }));
      return;
    case "try-again":
      await halfOpenBreaker(tools, guarded, breaker);
      return carryOut(context, of, begin(context, of, { act: "restart", ...breakerHeal(decision) }));
    case "close-breaker":
      return closeBreaker(tools, guarded, decision.why);
    case "forget-crashes":
      await host.systemd.resetFailed(of.rule.unit);
      forgetCrashes(context, of, decision.why);
  }
}

/** systemd sends no signal for what ResetFailedUnit does to a unit that is active: its count is known to be 0 from here. */
function forgetCrashes({ memory, now }: ActContext, of: Watched, why: string): void {
  const at = now();
  of.state = { ...of.state, unit: { ...of.state.unit, restarts: 0 } };
  if (of.mark) of.mark = { ...of.mark, restarts: 0, at };
  memory.write("lightly", (record) => {
    if (of.mark) record.saveMark(of.rule.unit, of.mark);
    record.addEvent({ ...event(of, at), kind: "crashes-forgotten", says: why, data: null });
  });
}

/** Goes on with a heal that is open: its execution, until it is ready; its proof is judged by `prove`. */
export async function carryOut(context: ActContext, of: Watched, id: number): Promise<void> {
  const { memory, carry, say, now } = context;
  // A record that was begun anew does not know how the service was declared, which the ordered restart goes by.
  if (memory.read(null, ({ changes }) => changes.generationInForce(of.app)) === null)
    return carryBySystemd(context, of, id);
  for (let tries = 0; tries < mostTries;) {
    const carried = await carry(id);
    const row = memory.read(null, ({ watch }) => watch.heals.get(id));
    if (carried.ended || row === null || row.finished !== null || row.step === "prove") return;
    say(4, `${of.name}: heal ${id} is not carried out yet: ${carried.why}`);
    // Somebody else is at it, or at what stands in its way: that ends, and is no failure of the heal.
    if (!carried.putOff) tries++;
    await new Promise((resolve) => setTimeout(resolve, betweenTries).unref());
  }
  memory.write("lasting", (record) => endHeal(record, id, now(), "failed", "it could not be carried out"));
}

async function carryBySystemd(
  { host, memory, say, now }: ActContext,
  of: Watched,
  id: number,
): Promise<void> {
  const { unit } = of.rule;
  const row = memory.read(null, ({ watch }) => watch.heals.get(id));
  if (row === null || row.finished !== null || row.step === "prove") return;
  say(3, `${of.name}: nothing is on record of ${of.app}: ${row.act} by systemd alone, and without evidence`);
  const result = await askSystemd(host, row.act, unit);
  memory.write("lasting", (record) => {
    if (result !== "done") endHeal(record, id, now(), "failed", `systemd's job ended with "${result}"`);
    else if (row.act === "stop") endHeal(record, id, now(), "helped", "it is stopped");
    else {
      record.heals.note(id, { readyAt: now() });
      record.heals.beginStep(id, "prove");
    }
  });
}

function askSystemd({ systemd }: Host, act: HealRow["act"], unit: UnitName): Promise<JobResult> {
  if (act === "stop") return systemd.stop(unit);
  return act === "reload" ? systemd.reloadUnit(unit) : systemd.restart(unit);
}

const mostTries = 5;
const betweenTries = 3000;

/** Ends a heal whose proof is there, or late. Returns when to look again at the latest; null when it has ended. */
export function prove({ memory, say, now }: ActContext, of: Watched, row: HealRow): number | null {
  const at = now();
  const proof = proofOf(of.rule, { at: row.at, readyAt: row.readyAt ?? row.at }, of.state, at);
  if (proof.outcome === "not-yet") return proof.until;
  const { outcome, why } = proof;
  say(
    outcome === "helped" ? 5 : 3,
    `${of.name}: ${row.act} ${outcome === "helped" ? "helped" : "did not help"}: ${why}`,
  );
  memory.write("lasting", (record) => endHeal(record, row.id, at, outcome, why));
  return null;
}

/** The file that holds a unit is what systemd obeys; has the record say the same. */
export async function reconcile(context: ActContext, of: Watched): Promise<void> {
  const { say } = context;
  const guarded = { app: of.app, service: of.rule.service, unit: of.rule.unit };
  try {
    const says = await reconcileBreaker(breakerContext(context), guarded);
    if (says !== null) say(4, `${of.name}: ${says}`);
  } catch (error) {
    say(4, `${of.name}: its breaker could not be looked at: ${(error as Error).message}`);
  }
}

async function heal(
  context: ActContext,
  of: Watched,
  decision: Extract<Decision, { kind: "heal" }>,
): Promise<void> {
  const { act, cause, check, why } = decision;
  let id: number;
  try {
    id = begin(context, of, { act, cause, check, why, counts: true });
  } catch (error) {
    return healWithoutRecord(context, of, decision, (error as Error).message);
  }
  await carryOut(context, of, id);
}

type Begun = Pick<HealRow, "act" | "cause" | "check" | "why" | "counts">;

function begin({ memory, now, who }: ActContext, of: Watched, begun: Begun): number {
  const { app, rule, state } = of;
  const { service, unit } = rule;
  const at = now();
  const spent = state.heals.filter(
    ({ counts, at: then }) => counts && then > at - rule.heal.limit.window,
  ).length;
  const heal = { app, service, unit, at, who, pidBefore: state.unit.pid, ...begun };
  return memory.writeNow((record) => beginHeal(record, heal, begun.counts ? spent + 1 : null));
}

function breakerHeal({ why }: { why: string }): Omit<Begun, "act"> {
  return { cause: "breaker", check: null, why, counts: false };
}

/**
 * A full disk must not leave a frozen service frozen: it is restarted by systemd alone, without evidence, and counted in
 * memory, so that the budget holds for as long as we live.
 */
async function healWithoutRecord(
  { host, say, now }: ActContext,
  of: Watched,
  { act, cause }: Extract<Decision, { kind: "heal" }>,
  trouble: string,
): Promise<void> {
  say(1, `${of.name}: ${act} without a record and without evidence, because ${trouble}`);
  const done = { at: now(), cause, outcome: "did-not-help", counts: true } as const;
  of.unrecorded = [...of.unrecorded, done];
  of.state = { ...of.state, heals: [...of.state.heals, done] };
  const result = await askSystemd(host, act, of.rule.unit);
  say(result === "done" ? 4 : 3, `${of.name}: ${act} ended with "${result}"`);
}

function breakerContext({ host, stateDirectory, memory, now }: ActContext): BreakerContext {
  return { host, stateDirectory, record: memory.watch, now: () => new Date(now()) };
}

function event(of: Watched, at: number) {
  return { at, app: of.app, service: of.rule.service, check: null };
}

function describeAct(decision: Acting): string {
  switch (decision.kind) {
    case "heal":
      return `${decision.act} by heal (${decision.cause})`;
    case "open-breaker":
      return decision.stop ? "its breaker opens, and it is stopped" : "its breaker opens";
    case "try-again":
      return "its breaker lets one start through";
    case "close-breaker":
      return "its breaker closes";
    case "forget-crashes":
      return "systemd's count of restarts begins anew";
  }
}
