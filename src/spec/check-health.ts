import type { Diagnostic } from "../report/diagnostic.ts";
import { checkHeal } from "./check-heal.ts";
import { checkKind } from "./check-kind.ts";
import { checkMemory } from "./check-memory.ts";
import { checkSupervision } from "./check-supervision.ts";
import { checkWindows } from "./check-windows.ts";
import { declaredChecks, type DeclaredCheck } from "./declared-checks.ts";
import type { Spec } from "./spec.ts";
import type { ServiceSpec } from "./service-schema.ts";

/** Looks that every service has of itself; see make-watch.ts. */
const reserved: Readonly<Record<string, string>> = {
  unit: "the look at its unit has it",
  recycle: "the look at its memory for heal.recycle has it",
};

/** Checks what shows that services work: that each check can fail, can be told apart, and can be carried out. */
export function checkHealth(spec: Spec): Diagnostic[] {
  return [
    ...checkWindows(spec),
    ...Object.entries(spec.services).flatMap(([name, service]) => {
      const checks = declaredChecks(service);
      return [
        ...checkIds(spec, name, checks),
        ...checks.flatMap((one) => checkKind(spec, name, service, one)),
        ...checkBoth(spec, name, service, checks),
        ...checkHeal(spec, name, service, checks),
        ...checkMemory(spec, name, service, checks),
      ];
    }),
    ...checkSupervision(spec),
  ];
}

function checkIds(spec: Spec, service: string, checks: readonly DeclaredCheck[]): Diagnostic[] {
  return checks.flatMap(({ id, common, path }, index): Diagnostic[] => {
    const named = common.name !== undefined;
    const at = spec.placeOf(
      ["services", service, ...path, ...(named ? ["name"] : [])],
      named ? "value" : "key",
    );
    const first = checks.findIndex((other) => other.id === id);
    const why = Object.hasOwn(reserved, id)
      ? reserved[id]
      : first < index
        ? "another check has it"
        : undefined;
    if (why === undefined) return [];
    const other = first < index ? spec.placeOf(["services", service, ...checks[first]!.path], "key") : null;
    return [
      {
        severity: "error",
        code: "spec/name-taken",
        summary: `Cannot use the name "${id}" for a check of service "${service}": ${why}`,
        at,
        ...(other ? { related: [{ at: other, note: "the other" }] } : {}),
        fix: "give it a name of its own, such as name: market-data",
      },
    ];
  });
}

/** Two hearts: systemd would kill at its own time, and Holdfast at another. */
function checkBoth(
  spec: Spec,
  name: string,
  service: ServiceSpec,
  checks: readonly DeclaredCheck[],
): Diagnostic[] {
  const beat = checks.find(({ kind }) => kind === "beat");
  if (service.watchdog === undefined || beat === undefined) return [];
  return [
    {
      severity: "warning",
      code: "spec/two-heartbeats",
      summary: `service "${name}" has two heartbeats, and either can restart it: watchdog, which systemd judges, and check "${beat.id}"`,
      at: spec.placeOf(["services", name, ...beat.path], "key"),
      related: [{ at: spec.placeOf(["services", name, "watchdog"], "key"), note: "the other" }],
      fix: "keep the watchdog if the program speaks sd_notify, and the beat otherwise",
    },
  ];
}
