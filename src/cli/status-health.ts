import type { CheckRule, WatchRule } from "../compile/watch-rule.ts";
import { assess } from "../heal/assess.ts";
import type { CheckState } from "../heal/check-state.ts";
import { ownWindow } from "../heal/look-facts.ts";
import type { Breaker, ServiceHealth, UnitFacts } from "../heal/service-state.ts";
import { readUnitFacts } from "../observe/probes/read-unit-facts.ts";
import type { HealRow } from "../heal/heal-row.ts";
import type { Chosen } from "./choose.ts";
import { ruleOf } from "./prove-heal.ts";
import type { Session } from "./session.ts";
import {
  isRestart,
  readRemembered,
  readWatching,
  recentHeals,
  spentHeals,
  type Watching,
} from "./watching.ts";

/** What is remembered of a service's health; nothing is asked for it but its unit. */
export type StatusHealth = {
  /** null when nobody watches: then what is remembered is old. */
  health: ServiceHealth | null;
  breaker: Breaker;
  /** `newest` may also be the stop by which a breaker opened. */
  heals: {
    used: number;
    limit: number;
    windowMillis: number;
    last: HealRow | null;
    newest: HealRow | null;
  };
  /** Restarts by systemd within the window of heal.crashes. */
  crashes: { count: number; limit: number; windowMillis: number };
  watching: Watching;
  /** Whether anything but its unit is declared. */
  declared: boolean;
};

export async function readStatusHealth(
  session: Session,
  { generation, service }: Chosen,
  now: number,
): Promise<StatusHealth> {
  const { watch } = generation.desired;
  const rule = ruleOf(generation.desired, service);
  const record = session.record()!;
  const unit = await readUnitFacts(await session.host(), rule.unit);
  const remembered = await readRemembered(session, watch, rule, unit, now);
  const watching = readWatching(record, watch, now);
  const rows = recentHeals(record, watch, rule, now);
  const { limit, crashes } = rule.heal;
  const checks = asSeen(rule, remembered.checks, unit, watching, now);
  const health = assess(rule, { ...remembered, unit, checks }, now);
  return {
    health: watching.alive ? health : null,
    breaker: remembered.breaker,
    heals: {
      used: spentHeals(rows, rule, now),
      limit: limit.count,
      windowMillis: limit.window,
      last: rows.findLast(isRestart) ?? null,
      newest: rows.at(-1) ?? null,
    },
    crashes: {
      count: remembered.crashes.filter((at) => at > now - crashes.window).length,
      limit: crashes.count,
      windowMillis: crashes.window,
    },
    watching,
    declared: rule.checks.length > 1,
  };
}

/**
 * Good results after good ones are not written down each time: while somebody watches, what he has written last still
 * holds. After a start it does only when a failure would have shown since.
 */
function asSeen(
  rule: WatchRule,
  states: Readonly<Record<string, CheckState>>,
  { activeSince }: UnitFacts,
  { alive }: Watching,
  now: number,
): Record<string, CheckState> {
  const shownAt = (check: CheckRule) =>
    (activeSince ?? 0) + Math.max(rule.grace, ownWindow(check.look)) + slack;
  return Object.fromEntries(
    rule.checks.flatMap((check): [string, CheckState][] => {
      const state = states[check.id];
      if (state === undefined) return [];
      const holds = alive && state.lastAt !== null && now > shownAt(check);
      return [[check.id, holds ? { ...state, lastAt: Math.max(state.lastAt!, now) } : state]];
    }),
  );
}

/** What a look takes, and writing it down. */
const slack = 2000;
