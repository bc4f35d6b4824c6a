import type { Diagnostic } from "../report/diagnostic.ts";
import type { PlanInput } from "./plan-input.ts";

const code = "plan/other-environment";

export const isOtherEnvironment = (diagnostic: Diagnostic): boolean => diagnostic.code === code;

/** An --env that was forgotten or mistyped must not make what trades for real of a test, or the other way round. */
export function checkEnvironment({ desired, previous, purpose, mayBecome }: PlanInput): Diagnostic[] {
  if (desired === null || previous === null || purpose !== "apply" || mayBecome) return [];
  const { app, environment } = desired;
  const now = previous.desired.environment;
  if (environment === now) return [];
  const here = now === null ? "without an environment" : `as environment "${now}"`;
  const again = now === null ? "leave --env out" : `--env ${now}`;
  return [
    {
      severity: "error",
      code,
      summary:
        environment === null
          ? `Cannot apply "${app}" without --env: it is installed here ${here}`
          : `Cannot apply environment "${environment}" of "${app}": it is installed here ${here}`,
      detail:
        "of an application a host has one environment: they would have the same units, journal and history",
      fix: `${again}; if this one is to become the other: --switch-env; to have both here, give one an app: of its own`,
    },
  ];
}
