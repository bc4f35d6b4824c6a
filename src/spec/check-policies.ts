import type { Diagnostic } from "../report/diagnostic.ts";
import { lacksAddress, notifyError, unknownTarget } from "./notify-errors.ts";
import type { NotifySpec, PolicySpec } from "./notify-schema.ts";
import type { Spec } from "./spec.ts";
import type { Path } from "./tree.ts";

const minute = 60_000;

/** Checks ladders: every name is known, no step is a hole, nobody is told too often. */
export function checkPolicies(spec: Spec, notify: NotifySpec): Diagnostic[] {
  const known = [...Object.keys(notify.channels), ...Object.keys(notify.contacts ?? {})];
  const names = (path: Path, list: readonly string[]): Diagnostic[] =>
    list.flatMap((one, index) => name([...path, index], one));
  const name = (at: Path, one: string): Diagnostic[] => {
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
  };
  const policies = Object.entries(notify.policy ?? {}) as [string, PolicySpec | undefined][];
  return [
    ...policies.flatMap(([severity, policy]): Diagnostic[] => {
      const path: Path = ["notify", "policy", severity];
      if (policy === undefined || typeof policy === "string") return [];
      if (Array.isArray(policy))
        return policy.length === 0 ? [nobody(spec, path, severity)] : names(path, policy);
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
          return list.flatMap((one, nth) => name(typeof step.notify === "string" ? at : [...at, nth], one));
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
    ...untold(spec, notify),
  ];
}

/** A list of nobody is rather forgotten than meant. */
function nobody(spec: Spec, path: Path, severity: string): Diagnostic {
  return notifyError(
    spec,
    path,
    "spec/empty-step",
    `Cannot tell ${severity} to a list of nobody`,
    `${severity}: none`,
    "none is on record only; digest is once a day",
  );
}

/** Without a policy, all channels are told; none of them may be one that can be told by itself. */
function untold(spec: Spec, { channels, policy }: NotifySpec): Diagnostic[] {
  const rules = Object.entries(channels);
  const [first] = rules;
  if (first === undefined || rules.some(([, rule]) => !lacksAddress(rule))) return [];
  const missing = (["critical", "error"] as const).filter((severity) => policy?.[severity] === undefined);
  if (missing.length === 0) return [];
  const [name, rule] = first;
  return [
    notifyError(
      spec,
      ["notify"],
      "spec/no-address",
      `Cannot tell anybody of ${missing.join(" and ")}: without a policy for it all channels are told by themselves, and none of them says where to`,
      rule.email
        ? `give channel ${name} to: [ops@example.org], or name contacts: policy: { ${missing[0]}: [anna] }`
        : `give channel ${name} chat: "123", or name contacts: policy: { ${missing[0]}: [anna] }`,
      undefined,
      "key",
    ),
  ];
}
