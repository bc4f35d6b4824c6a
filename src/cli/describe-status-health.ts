import type { Style } from "../report/style.ts";
import { describeDuration } from "../value/duration.ts";
import { printable } from "../value/printable.ts";
import { describeBreaker, describeBudget, describeLastHeal, describeOverall } from "./describe-health.ts";
import type { StatusHealth } from "./status-health.ts";
import type { Watching } from "./watching.ts";

/** Behind the state of the unit: " healthy: active, ready, progressing". */
export function describeShortly({ health, declared, watching }: StatusHealth, style: Style): string {
  if (!declared || watching.level === "systemd") return "";
  if (health === null) return `  ${style.dim("health not known")}`;
  const paint = { healthy: style.good, unhealthy: style.bad, held: style.bad }[health.overall as "healthy"];
  return `  ${(paint ?? style.warn)(describeOverall(health))}`;
}

/** What is wrong, what was done about it, and what is left of the budget. */
export function describeStatusHealth(one: StatusHealth, style: Style, now: number): string[] {
  const { health, breaker, heals, crashes } = one;
  const lines: string[] = [];
  const since = (at: number) => (now - at < 1000 ? "" : `, for ${describeDuration(now - at)}`);
  for (const { check, says, since: at } of health?.issues ?? [])
    if (check !== "unit") lines.push(style.bad(printable(`✗ ${check}: ${says}${since(at)}`)));
  for (const { check, says, since: at } of health?.warnings ?? [])
    lines.push(style.warn(printable(`! ${check}: ${says}${since(at)}`)));
  if (breaker.state !== "closed")
    lines.push(style.bad(printable(`✗ breaker ${describeBreaker(breaker, now)}`)));
  if (heals.last !== null)
    lines.push(
      `heals    ${describeBudget(heals.used, heals.limit, heals.windowMillis)}; ${describeLastHeal(heals.last, now)}`,
    );
  if (crashes.count > 0)
    lines.push(
      `crashes  ${crashes.count} ${crashes.count === 1 ? "restart" : "restarts"} by systemd within ${describeDuration(crashes.windowMillis)}; more than ${crashes.limit} open the breaker`,
    );
  return lines.map((line) => `    ${line}`);
}

/** Behind the name of the application; empty where systemd alone watches. */
export function describeWatching({ level, alive, says }: Watching, style: Style): string {
  if (level === "systemd") return "";
  return `  ${alive ? `watched by ${says}` : style.bad(`watched by ${says}; what it said is stale`)}`;
}
