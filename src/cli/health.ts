import type { CheckRule } from "../compile/watch-rule.ts";
import { askHealth, statusOf, worstOf, type HealthStatus } from "../observe/ask-health.ts";
import { readUnitFacts } from "../observe/probes/read-unit-facts.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { nearest } from "../spec/nearest.ts";
import { chooseServices, type Chosen } from "./choose.ts";
import type { FoundHealth } from "./found-health.ts";
import { describeHealth } from "./describe-health.ts";
import { healthForJson } from "./health-json.ts";
import { ruleOf } from "./prove-heal.ts";
import type { Session } from "./session.ts";
import { isRestart, readRemembered, readWatching, recentHeals, spentHeals } from "./watching.ts";

export type HealthOptions = { quick?: boolean; comprehensive?: boolean; component?: string };

/** --quick must end within 5 s, whatever the checks say of their own time-outs. */
const quickly = { each: 3000, all: 3500 };
/** After the words of monitoring scripts: good, needs a look, bad. */
const codes: Readonly<Record<HealthStatus, number>> = { healthy: 0, degraded: 1, unhealthy: 2 };

/** holdfast health: asks every check once, now. It changes nothing, and heals nothing. */
export async function runHealth(
  session: Session,
  names: readonly string[],
  options: HealthOptions,
): Promise<number> {
  if (options.quick && options.comprehensive)
    throw usage("Cannot be both quick and comprehensive", "leave one of the two out");
  const chosen = [...new Set(await chooseServices(session, names))];
  if (chosen.length === 0) throw usage("Cannot ask for health: no service is installed", "holdfast status");
  const asked = chosen.map((one) => ({ one, checks: chooseChecks(one, options) }));
  assertComponent(asked, options.component);
  const meant = asked.filter(({ checks }) => checks.length > 0);
  const end = options.quick ? AbortSignal.timeout(quickly.all) : undefined;
  const found = await Promise.all(meant.map(({ one, checks }) => ask(session, one, checks, end)));
  const status = worstOf(found.map(({ health }) => statusOf(health.overall)));
  session.out.result(
    healthForJson(status, found),
    describeHealth(status, found, session.out.style, Date.now()),
  );
  return codes[status];
}

async function ask(
  session: Session,
  { app, generation, service }: Chosen,
  checks: readonly CheckRule[],
  signal: AbortSignal | undefined,
): Promise<FoundHealth> {
  const host = await session.host();
  const { watch } = generation.desired;
  const rule = ruleOf(generation.desired, service);
  const now = Date.now();
  const remembered = await readRemembered(session, watch, rule, await readUnitFacts(host, rule.unit), now);
  const asked = await askHealth(host, watch, rule, remembered, {
    checks,
    ...(signal === undefined ? {} : { signal, within: quickly.each }),
  });
  const record = session.record()!;
  const heals = recentHeals(record, watch, rule, now);
  const { count: limit, window } = rule.heal.limit;
  return {
    ...asked,
    app,
    service: service.name,
    unitName: service.unit,
    watching: readWatching(record, watch, now),
    breaker: remembered.breaker,
    stoppedBy: remembered.circumstances.stoppedBy,
    heals: { used: spentHeals(heals, rule, now), limit, window, last: heals.findLast(isRestart) ?? null },
  };
}

/** The ones that are asked for; what a component is called is its name, its kind, or the dependency it looks at. */
function chooseChecks(
  { generation, service }: Chosen,
  { quick, component }: HealthOptions,
): readonly CheckRule[] {
  const { checks } = ruleOf(generation.desired, service);
  if (component !== undefined)
    return checks.filter(({ id, look, dependency }) => [id, look.kind, dependency].includes(component));
  return quick ? checks.filter((check) => check.quick) : checks;
}

function assertComponent(
  asked: readonly { one: Chosen; checks: readonly CheckRule[] }[],
  component: string | undefined,
): void {
  if (component === undefined || asked.some(({ checks }) => checks.length > 0)) return;
  const known = [...new Set(asked.flatMap(({ one }) => chooseChecks(one, {}).map(({ id }) => id)))];
  const near = nearest(component, known);
  throw usage(
    `Cannot find a check "${component}"; there are ${known.join(", ")}`,
    `--component ${near ?? known[0]!}`,
  );
}

function usage(summary: string, fix: string): HoldfastError {
  return new HoldfastError({ severity: "error", code: "usage/bad-option", summary, fix }, exitCode.usage);
}
