import type { Diagnostic } from "../report/diagnostic.ts";
import { lacksAddress, notifyError, unknownTarget } from "./notify-errors.ts";
import type { NotifySpec, PolicySpec } from "./notify-schema.ts";
import type { Spec } from "./parse-spec.ts";
import type { Path } from "./tree.ts";

const minute = 60_000;

/** Checks ladders: every name is known, no step is a hole, nobody is told too often. */
export function checkPolicies(spec: Spec, notify: NotifySpec): Diagnostic[] {
  const known = [...Object.keys(notify.channels), ...Object.keys(notify.contacts ?? {})];
  const names = (path: Path, list: readonly string[]): Diagnostic[] =>
    list.flatMap((one, index) => {
      const at = [...path, index];
      const missing = unknownTarget(spec, at, one, known, "contact or channel");
      const rule = notify.channels[one];
      if (missing.length > 0 || rule === undefined || !lacksAddress(rule)) return missing;
      return [
        notifyError(
          spec,
          at,
          "spec/no-address",
          `Cannot tell channel "${one}" by itself: it does not say where to`,
          "name a contact that has an address in it",
        ),
      ];
    });
  const policies = Object.entries(notify.policy ?? {}) as [string, PolicySpec | undefined][];
  return [
    ...policies.flatMap(([severity, policy]): Diagnostic[] => {
      const path: Path = ["notify", "policy", severity];
      if (policy === undefined || typeof policy === "string") return [];
      if (Array.isArray(policy)) return names(path, policy);
      const { steps, remind } = policy;
      return [
        ...steps.flatMap((step, index): Diagnostic[] => {
          const at = [...path, "steps", index, "notify"];
          const list = typeof step.notify === "string" ? [step.notify] : step.notify;
          if (list.length === 0)
            return [
              notifyError(
                spec,
                at,
                "spec/empty-step",
                `Cannot tell nobody at step ${index + 1} of ${severity}: it is a hole in the ladder`,
                "name a contact or a channel, or remove the step",
              ),
            ];
          const where =
            typeof step.notify === "string"
              ? unknownTarget(spec, at, step.notify, known, "contact or channel")
              : names(at, list);
          return where;
        }),
        ...(remind !== undefined && remind < 15 * minute
          ? [
              notifyError(
                spec,
                [...path, "remind"],
                "spec/too-often",
                `Cannot remind more often than every 15m`,
                "remind: 1h",
                "people stop reading what comes too often",
              ),
            ]
          : []),
      ];
    }),
    ...names(["notify", "digest", "to"], notify.digest?.to ?? []),
  ];
}
