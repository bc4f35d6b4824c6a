import type { Diagnostic } from "../report/diagnostic.ts";
import { nearest } from "./nearest.ts";
import type { Spec } from "./parse-spec.ts";
import type { ProgramSpec } from "./program-schema.ts";
import type { ServiceSpec } from "./service-schema.ts";

/** The services of the application that this one starts after. */
export function startsAfter(service: Pick<ProgramSpec, "after" | "wants" | "requires">): string[] {
  return [...new Set([...(service.after ?? []), ...(service.wants ?? []), ...(service.requires ?? [])])];
}

/** Checks the names in after, wants and requires, and that they make no circle. */
export function checkOrder(spec: Spec): Diagnostic[] {
  const found = Object.entries(spec.services).flatMap(([name, service]) => checkNames(spec, name, service));
  return [...found, ...orderCycles(spec).map((cycle) => describeCycle(spec, cycle))];
}

function checkNames(spec: Spec, name: string, service: ServiceSpec): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const key of ["after", "wants", "requires"] as const) {
    for (const [index, other] of (service[key] ?? []).entries()) {
      const at = spec.placeOf(["services", name, key, index]);
      if (other === name) {
        found.push({
          severity: "error",
          code: "spec/after-itself",
          summary: `Cannot order service "${name}" after itself`,
          at,
          fix: "remove it",
        });
      } else if (!other.includes(".") && !Object.hasOwn(spec.services, other)) {
        found.push({
          severity: "error",
          code: "spec/unknown-service",
          summary: `Cannot order service "${name}" after "${other}": there is no such service here`,
          at,
          detail: "a unit of another application is written with its suffix, such as postgresql.service",
          fix:
            nearest(
              other,
              Object.keys(spec.services).filter((own) => own !== name),
            ) ?? `${other}.service`,
        });
      }
    }
  }
  return found;
}

/** One circle for each way back that a walk finds; each service is entered once, so the cost grows with the file only. */
function orderCycles(spec: Spec): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  for (const start of Object.keys(spec.services)) {
    if (done.has(start)) continue;
    // An explicit stack: a chain of services may be longer than the language's own stack is deep.
    const stack = [{ name: start, rest: others(spec, start) }];
    const depth = new Map([[start, 0]]);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.rest.pop();
      if (next === undefined) {
        done.add(top.name);
        depth.delete(top.name);
        stack.pop();
      } else if (depth.has(next)) {
        cycles.push(stack.slice(depth.get(next)).map(({ name }) => name));
      } else if (!done.has(next)) {
        depth.set(next, stack.length);
        stack.push({ name: next, rest: others(spec, next) });
      }
    }
  }
  return cycles;
}

function others(spec: Spec, name: string): string[] {
  const after = startsAfter(spec.services[name]!);
  return after.filter((other) => other !== name && Object.hasOwn(spec.services, other)).toReversed();
}

function describeCycle(spec: Spec, cycle: readonly string[]): Diagnostic {
  const first = cycle.indexOf(cycle.toSorted()[0]!);
  const turned = [...cycle.slice(first), ...cycle.slice(0, first)];
  const shown = turned.length > 8 ? [...turned.slice(0, 6), "...", turned.at(-1)!] : turned;
  return {
    severity: "error",
    code: "spec/order-cycle",
    summary: `Cannot order the services in a circle: ${[...shown, turned[0]].join(" after ")}`,
    at: spec.placeOf(["services", turned[0]!], "key"),
    detail: "systemd would break the circle by leaving one of them out at boot, silently",
    fix: "remove one of these from after, wants or requires",
  };
}
