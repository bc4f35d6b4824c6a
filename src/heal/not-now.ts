import type { CheckRule, WatchRule } from "../compile/watch-rule.ts";
import { inHours } from "./hours.ts";
import type { JudgeAt } from "./judge-at.ts";
import { isOwn } from "./look-facts.ts";
import type { Reading } from "./reading.ts";
import type { ServiceState } from "./service-state.ts";

/** Asking a probe now would say nothing of the service: the reading to take instead; null when it is to be asked. */
export function notNow(check: CheckRule, state: ServiceState, now: number): Reading | null {
  const { unwatched } = state.circumstances;
  if (unwatched) return readingOf("skipped", unwatched);
  const aboutIt = isOwn(check) || check.look.kind === "unit";
  const why = aboutIt ? whyNotRunning(state) : null;
  if (why !== null && (isOwn(check) || isOnPurpose(state))) return readingOf("skipped", why);
  const hours = inHours(check.during, now);
  if (hours.open === true) return null;
  const says =
    hours.open === false ? `outside of its hours: ${hours.why}` : `its hours are not known: ${hours.why}`;
  return { ...readingOf(hours.open === false ? "skipped" : "unknown", says), dueAt: hours.until };
}

/** What judge wants to know of the moment. */
export function judgeAt(rule: WatchRule, check: CheckRule, state: ServiceState, now: number): JudgeAt {
  const hours = inHours(check.during, now);
  const { clockSetAt } = state.circumstances;
  const { activeSince } = state.unit;
  return {
    now,
    // A start in the future is one by a clock that has been set back since.
    activeSince: activeSince !== null && activeSince <= now ? activeSince : null,
    grace: rule.grace,
    openSince: hours.open === true ? hours.since : null,
    ...(clockSetAt === undefined ? {} : { clockSetAt }),
  };
}

function isOnPurpose({ circumstances, breaker }: ServiceState): boolean {
  return circumstances.stoppedBy !== null || breaker.state === "open";
}

function whyNotRunning({ unit, circumstances, breaker }: ServiceState): string | null {
  if (["active", "reloading", "unknown"].includes(unit.active)) return null;
  if (circumstances.stoppedBy !== null) return `stopped on purpose: ${circumstances.stoppedBy}`;
  if (breaker.state === "open") return "held by its breaker";
  return unit.active === "activating" ? "it is starting" : `its unit is ${unit.active}`;
}

function readingOf(result: "skipped" | "unknown", says: string): Reading {
  return { result, value: null, limit: null, says };
}
