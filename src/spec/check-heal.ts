import type { Diagnostic } from "../report/diagnostic.ts";
import { describeDuration, durationOf, formatDuration } from "../value/duration.ts";
import { mayHeal, type DeclaredCheck } from "./declared-checks.ts";
import type { Spec } from "./spec.ts";
import type { ServiceSpec } from "./service-schema.ts";

const second = 1000;
const hour = 3_600_000;

/** Checks what is done about a failing service: that it can be done, and that its limits can be reached. */
export function checkHeal(
  spec: Spec,
  name: string,
  service: ServiceSpec,
  checks: readonly DeclaredCheck[],
): Diagnostic[] {
  return [...checkAct(spec, name, service), ...checkBudget(spec, name, service, checks)];
}

function checkAct(spec: Spec, name: string, service: ServiceSpec): Diagnostic[] {
  const { do: act, "run-first": first } = service.heal ?? {};
  const found: Diagnostic[] = [];
  if (act === "reload" && service.reload === undefined)
    found.push({
      severity: "error",
      code: "spec/no-reload",
      summary: `Cannot heal service "${name}" by a reload: it does not say how it reloads`,
      at: spec.placeOf(["services", name, "heal", "do"]),
      fix: "add reload: { signal: SIGHUP }, if the program has a handler for it",
    });
  if (act === "alert-only" && first !== undefined)
    found.push({
      severity: "warning",
      code: "spec/never-run",
      summary: `heal.run-first of service "${name}" is never run: alert-only does nothing but tell`,
      at: spec.placeOf(["services", name, "heal", "run-first"]),
      fix: "leave one of the two out",
    });
  return found;
}

/**
 * A heal can fail again only after its grace and its check's own time. When as many heals as the limit allows never fit into
 * its window, a program that hangs after every start is restarted for ever.
 */
function checkBudget(
  spec: Spec,
  name: string,
  service: ServiceSpec,
  checks: readonly DeclaredCheck[],
): Diagnostic[] {
  const { limit = { count: 3, window: hour }, do: act } = service.heal ?? {};
  const healing = checks.filter(mayHeal);
  if (act === "alert-only" || healing.length === 0) return [];
  const [quickest] = healing.toSorted((a, b) => timeOf(a) - timeOf(b));
  const apart = Math.max(service.grace ?? 30 * second, timeOf(quickest!));
  if (apart * limit.count < limit.window) return [];
  const written = service.heal?.limit !== undefined;
  const enough = durationOf(Math.ceil((2 * apart * limit.count) / hour) * hour);
  return [
    {
      severity: "warning",
      code: "spec/limit-never-reached",
      summary: `service "${name}" would be restarted for ever: ${limit.count} heals within ${describeDuration(limit.window)} never come together, because one can follow another after ${describeDuration(apart)} at the soonest`,
      at: written
        ? spec.placeOf(["services", name, "heal", "limit"])
        : spec.placeOf(["services", name, ...quickest!.path], "key"),
      fix: `heal: { limit: ${limit.count} per ${formatDuration(enough)} }`,
    },
  ];
}

/** How long it takes to fail, after a start. */
function timeOf({ kind, check, common }: DeclaredCheck): number {
  const { every = 15 * second, fails } = common;
  const lines = check.log ?? check.file;
  // Lines that must not come can come at once.
  if (lines) return lines["at-most"] ? 0 : Math.max(lines.fresh ?? 0, lines["at-least"]?.window ?? 0);
  const own = check.beat?.within ?? check.rpc?.progress ?? check.memory?.for ?? check.cpu?.for;
  return own ?? (fails?.count ?? (kind === "memory" || kind === "cpu" ? 1 : 3)) * every;
}
