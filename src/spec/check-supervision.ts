import type { Diagnostic } from "../report/diagnostic.ts";
import { describeDuration } from "../value/duration.ts";
import { declaredChecks } from "./declared-checks.ts";
import type { Spec } from "./spec.ts";

const minute = 60_000;
/** The unit of level "probes" has this name; see compile/names.ts. */
const reserved = "check";

/** Checks what is declared against who watches: what nobody looks at, and what is seen later than it says. */
export function checkSupervision(spec: Spec): Diagnostic[] {
  const found = checkAgentName(spec);
  if (spec.supervision === "systemd") return [...found, ...checkUnwatched(spec)];
  if (spec.supervision === "probes") return [...found, ...checkName(spec), ...checkLimits(spec)];
  return found;
}

/** Also where no agent is wanted: another application of the host may want it. */
function checkAgentName(spec: Spec): Diagnostic[] {
  if (spec.app !== "holdfast") return [];
  return (["services", "jobs"] as const)
    .filter((kind) => Object.hasOwn(spec[kind], "agent"))
    .map((kind) => ({
      severity: "error",
      code: "spec/name-taken",
      summary: `Cannot use the name "agent" for a ${kind === "jobs" ? "job" : "service"} of an application "holdfast": the agent of the host has the unit holdfast-agent.service`,
      at: spec.placeOf([kind, "agent"], "key"),
      fix: "rename it",
    }));
}

function checkUnwatched(spec: Spec): Diagnostic[] {
  const at = spec.placeOf(["supervision"]);
  const watched = Object.entries(spec.services)
    .filter(([, { health, heal }]) => health !== undefined || heal !== undefined)
    .map(([name]) => name);
  const found: Diagnostic[] = [];
  if (watched.length > 0)
    found.push({
      severity: "warning",
      code: "spec/nobody-looks",
      summary: `nobody looks at the checks of ${watched.join(", ")} at the level systemd: they are looked at when holdfast health is asked, and nothing is healed`,
      at,
      fix: "supervision: probes, or agent; or leave it out",
    });
  if (spec.heartbeat !== undefined)
    found.push({
      severity: "warning",
      code: "spec/nobody-looks",
      summary: "nobody calls the address of heartbeat at the level systemd",
      at: spec.placeOf(["heartbeat"], "key"),
      fix: "supervision: agent",
    });
  for (const [name, { restart }] of Object.entries(spec.services))
    if (restart?.["reset-after"] !== undefined)
      found.push({
        severity: "warning",
        code: "spec/nobody-looks",
        summary: `nobody resets the count of crashes of service "${name}" at the level systemd`,
        at: spec.placeOf(["services", name, "restart", "reset-after"], "key"),
        fix: "supervision: probes, or agent",
      });
  return found;
}

function checkName(spec: Spec): Diagnostic[] {
  return (["services", "jobs"] as const)
    .filter((kind) => Object.hasOwn(spec[kind], reserved))
    .map((kind) => ({
      severity: "error",
      code: "spec/name-taken",
      summary: `Cannot use the name "${reserved}" for a ${kind === "jobs" ? "job" : "service"}: the unit that looks once a minute has it`,
      at: spec.placeOf([kind, reserved], "key"),
      fix: "rename it, or choose supervision: agent",
    }));
}

/** A timer that elapses once a minute sees nothing sooner. */
function checkLimits(spec: Spec): Diagnostic[] {
  return Object.entries(spec.services).flatMap(([name, service]) =>
    declaredChecks(service).flatMap(({ id, check, common, path }): Diagnostic[] => {
      const lines = check.log ?? check.file;
      const spans = [
        lines?.fresh,
        lines?.["at-least"]?.window,
        check.beat?.within,
        check.rpc?.progress,
        common.every,
      ];
      const shortest = Math.min(...spans.filter((span) => span !== undefined));
      if (shortest >= minute) return [];
      return [
        {
          severity: "warning",
          code: "spec/seen-late",
          summary: `check "${id}" of service "${name}" says ${describeDuration(shortest)}, but the level probes looks once a minute: a failure is seen up to a minute later`,
          at: spec.placeOf(["services", name, ...path], "key"),
          fix: "supervision: agent, which sees it at its limit",
        },
      ];
    }),
  );
}
