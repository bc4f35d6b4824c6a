import { heldBack, stoppedBy } from "../agent/circumstances.ts";
import { readHeld } from "../apply/breaker.ts";
import type { Supervision, WatchFile, WatchRule } from "../compile/watch-rule.ts";
import { keepKnown } from "../heal/keep-known.ts";
import { closedBreaker, type Breaker, type PastHeal, type UnitFacts } from "../heal/service-state.ts";
import type { Remembered } from "../observe/ask-health.ts";
import type { Watcher } from "../store/watch.ts";
import type { HealRow } from "../heal/heal-row.ts";
import { describeDuration } from "../value/duration.ts";
import type { Session, StateRecord } from "./session.ts";

/** Longer than any watcher that works lets pass: the agent says that it lives every 30 s, the timer elapses once a minute. */
const staleAfter = 150_000;

/** Who watches an application, and whether he does. Milliseconds since the epoch. */
export type Watching = {
  level: Supervision;
  /** False when nobody watches, whether that is meant or not. */
  alive: boolean;
  lastAt: number | null;
  /** Such as "the agent, seen 3 s ago". */
  says: string;
};

/** What the record says of whoever is to watch. */
export function readWatching(record: StateRecord, watch: WatchFile, now: number): Watching {
  switch (watch.supervision) {
    case "systemd":
      return { level: "systemd", alive: false, lastAt: null, says: "systemd alone" };
    case "probes":
      return describeTimer(lastLook(record, watch), now);
    case "agent":
      return describeAgent(record.watch.watcher("agent"), now);
  }
}

function describeAgent(watcher: Watcher | null, now: number): Watching {
  const level = "agent";
  if (watcher === null) return { level, alive: false, lastAt: null, says: "nobody: the agent has never run" };
  const { lastTick: lastAt, stopped, pid } = watcher;
  const alive = stopped === null && isRecent(lastAt, now) && isThere(pid);
  if (alive) return { level, alive, lastAt, says: `the agent, seen ${agoOf(lastAt, now)}` };
  const gone = stopped === null ? "does not look any more" : "was stopped";
  return { level, alive, lastAt, says: `nobody: the agent ${gone}, last seen ${agoOf(lastAt, now)}` };
}

function describeTimer(lastAt: number | null, now: number): Watching {
  const level = "probes";
  if (lastAt === null)
    return { level, alive: false, lastAt, says: "nobody: the timer has not made a look yet" };
  const alive = isRecent(lastAt, now);
  const says = alive
    ? "a look once a minute, the last one"
    : "nobody: the timer makes no looks, the last one was";
  return { level, alive, lastAt, says: `${says} ${agoOf(lastAt, now)}` };
}

/** Every look of the timer is written down; its own unit is looked at each minute. */
function lastLook(record: StateRecord, { app, services }: WatchFile): number | null {
  const moments = services.flatMap(({ service }) =>
    Object.values(record.watch.checkStates(app, service)).flatMap(({ lastAt }) => lastAt ?? []),
  );
  return moments.length === 0 ? null : Math.max(...moments);
}

/** Killed within the last minute, it has said that it lives, and does not. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function isRecent(at: number, now: number): boolean {
  return now - at < staleAfter;
}

function agoOf(at: number, now: number): string {
  return `${describeDuration(Math.max(0, now - at))} ago`;
}

/** Everything that is known of a service without asking it. */
export async function readRemembered(
  session: Session,
  watch: WatchFile,
  rule: WatchRule,
  unit: UnitFacts,
  now: number,
): Promise<Remembered> {
  const record = session.record()!;
  const { app } = watch;
  const { checks } = keepKnown(rule, record.watch.checkStates(app, rule.service), now);
  const heals = recentHeals(record, watch, rule, now);
  const { crashes, resetAfter } = rule.heal;
  const breaker = await readBreaker(session, rule, now);
  const changing = record.changes.open(app) !== null;
  const ours = changing || breaker.state !== "closed" || heals.some(({ finished }) => finished === null);
  return {
    watched: readWatching(record, watch, now).alive,
    checks,
    breaker,
    heals: heals.flatMap(pastHeal),
    crashes: record.watch.crashesSince(
      app,
      rule.service,
      now - Math.max(crashes.window, resetAfter ?? 0),
      crashes.count + 1,
    ),
    circumstances: {
      stoppedBy: stoppedBy(record.records.intents(app).get(rule.unit), unit, ours),
      changing,
      ...heldBack(record.teller.store.silences.inForce(app, now), app, rule.service, now),
      clockSetAt: null,
    },
  };
}

/** The breaker as it is in force: systemd goes by the file, whatever the record says. */
export async function readBreaker(session: Session, rule: WatchRule, now: number): Promise<Breaker> {
  const recorded = session.record()!.watch.breakers.get(rule.unit) ?? closedBreaker(now);
  const held = await readHeld(await session.host(), session.stateDirectory, rule.unit);
  if (held === null) return recorded.state === "open" ? { ...recorded, state: "closed" } : recorded;
  if (recorded.state === "open") return recorded;
  const { why, rearmAt, since } = held;
  return { state: "open", since: since ?? now, why, rearmAt, trips: recorded.trips };
}

/** Those that the limit speaks of, and one that is under way. Newest last. */
export function recentHeals(record: StateRecord, watch: WatchFile, rule: WatchRule, now: number): HealRow[] {
  const since = now - Math.max(rule.heal.limit.window, 24 * 3_600_000);
  return record.watch.heals.since(watch.app, rule.service, since);
}

/** Not the stop by which a breaker opens. */
export function isRestart({ act }: Pick<HealRow, "act">): boolean {
  return act !== "stop";
}

/** How many heals of its limit are spent: those by Holdfast's own decision, within the window. */
export function spentHeals(
  heals: readonly Pick<HealRow, "at" | "counts" | "outcome">[],
  rule: WatchRule,
  now: number,
) {
  const { window } = rule.heal.limit;
  return heals.filter(({ at, counts, outcome }) => counts && outcome !== "superseded" && at > now - window)
    .length;
}

function pastHeal({ at, cause, outcome, counts }: HealRow): PastHeal[] {
  return outcome === "superseded" ? [] : [{ at, cause, outcome: outcome ?? "open", counts }];
}
