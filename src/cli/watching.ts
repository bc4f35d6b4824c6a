import { stoppedBy } from "../agent/circumstances.ts";
import { readHeld } from "../apply/breaker.ts";
import type { Supervision, WatchFile, WatchRule } from "../compile/watch-rule.ts";
import { newCheckState } from "../heal/check-state.ts";
import { closedBreaker, type Breaker, type PastHeal, type UnitFacts } from "../heal/service-state.ts";
import type { Remembered } from "../observe/ask-health.ts";
import type { HealRow } from "../store/watch.ts";
import { describeDuration } from "../value/duration.ts";
import type { Session, StateRecord } from "./session.ts";

/** Longer than any watcher that works lets pass: the agent ticks every minute at the least, the timer elapses once a minute. */
const staleAfter = 150_000;

/** Who watches an application, and whether he does. Milliseconds since the epoch. */
export type Watching = {
  level: Supervision;
  /** False when nobody watches, whether that is meant or not. */
  alive: boolean;
  lastAt: number | null;
  /** Such as "the agent, 3 s ago". */
  says: string;
};

/** Name of whoever watches in the record; null when nobody is to. */
export function watcherName({ app, supervision }: Pick<WatchFile, "app" | "supervision">): string | null {
  return { agent: "agent", probes: `check ${app}`, systemd: null }[supervision];
}

/** What the record says of whoever is to watch. */
export function readWatching(record: StateRecord, watch: WatchFile, now: number): Watching {
  const { supervision: level } = watch;
  const name = watcherName(watch);
  if (name === null) return { level, alive: false, lastAt: null, says: "systemd alone" };
  const watcher = record.watch.watcher(name);
  const who = level === "agent" ? "the agent" : "once a minute";
  if (watcher === null)
    return { level, alive: false, lastAt: null, says: `${who}, which has not looked yet` };
  const { lastTick, stopped } = watcher;
  const ago = `${describeDuration(Math.max(0, now - lastTick))} ago`;
  const alive = (level === "probes" || stopped === null) && now - lastTick < staleAfter;
  if (alive) return { level, alive, lastAt: lastTick, says: `${who}, ${ago}` };
  const gone = level === "agent" && stopped !== null ? "has been stopped" : "does not look any more";
  return {
    level,
    alive,
    lastAt: lastTick,
    says: `nobody: ${who === "the agent" ? who : "the timer"} ${gone}, last ${ago}`,
  };
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
  const states = record.watch.checkStates(app, rule.service);
  const checks = Object.entries(states).map(([id, state]) => [id, { ...newCheckState(now), ...state }]);
  const heals = recentHeals(record, watch, rule, now);
  const { crashes, resetAfter } = rule.heal;
  const breaker = await readBreaker(session, rule, now);
  const changing = record.changes.open(app) !== null;
  const ours = changing || breaker.state !== "closed" || heals.some(({ finished }) => finished === null);
  return {
    watched: readWatching(record, watch, now).alive,
    checks: Object.fromEntries(checks),
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
      paused: null,
      clockSetAt: null,
    },
  };
}

/** The breaker as it is in force: systemd goes by the file, whatever the record says. */
export async function readBreaker(session: Session, rule: WatchRule, now: number): Promise<Breaker> {
  const recorded = session.record()!.watch.breaker(rule.unit) ?? closedBreaker(now);
  const held = await readHeld(await session.host(), session.stateDirectory, rule.unit);
  if (held === null) return recorded.state === "open" ? { ...recorded, state: "closed" } : recorded;
  if (recorded.state === "open") return recorded;
  const { why, rearmAt, since } = held;
  return { state: "open", since: since ?? now, why, rearmAt, trips: recorded.trips };
}

/** Those that the limit speaks of, and one that is under way. Newest last. */
export function recentHeals(record: StateRecord, watch: WatchFile, rule: WatchRule, now: number): HealRow[] {
  const since = now - Math.max(rule.heal.limit.window, 24 * 3_600_000);
  return record.watch.healsSince(watch.app, rule.service, since);
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
