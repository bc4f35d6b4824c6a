import type { Diagnostic } from "../report/diagnostic.ts";
import { nearest } from "./nearest.ts";
import type { Spec } from "./spec.ts";
import type { ProgramSpec } from "./program-schema.ts";

/** The services of the application that this one starts after. */
export function startsAfter(service: Pick<ProgramSpec, "after" | "wants" | "requires">): string[] {
  return [...new Set([...(service.after ?? []), ...(service.wants ?? []), ...(service.requires ?? [])])];
}

/** Checks the names in after, wants and requires, and that they make no circle. */
export function checkOrder(spec: Spec): Diagnostic[] {
  const names = Object.keys(spec.services);
  // Looking for the nearest of all names is worth it for a few: whoever has more has another kind of mistake.
  let suggestions = 20;
  const suggest = (other: string, name: string) =>
    suggestions-- > 0
      ? nearest(
          other,
          names.filter((own) => own !== name),
        )
      : undefined;
  const found = (["services", "jobs"] as const).flatMap((kind) =>
    Object.keys(spec[kind]).flatMap((name) => checkNames(spec, kind, name, suggest)),
  );
  return [...found, ...orderCycles(spec).map((cycle) => describeCycle(spec, cycle))];
}

function checkNames(
  spec: Spec,
  kind: "services" | "jobs",
  name: string,
  suggest: (other: string, name: string) => string | undefined,
): Diagnostic[] {
  const found: Diagnostic[] = [];
  const program: ProgramSpec = spec[kind][name]!;
  const whose = `${kind === "jobs" ? "job" : "service"} "${name}"`;
  for (const key of ["after", "wants", "requires"] as const) {
    for (const [index, other] of (program[key] ?? []).entries()) {
      const at = spec.placeOf([kind, name, key, index]);
      if (other === name) {
        found.push({
          severity: "error",
          code: "spec/after-itself",
          summary: `Cannot order ${whose} after itself`,
          at,
          fix: "remove it",
        });
      } else if (!other.includes(".") && !Object.hasOwn(spec.services, other)) {
        found.push({
          severity: "error",
          code: "spec/unknown-service",
          summary: `Cannot order ${whose} after "${other}": there is no such service here`,
          at,
          detail: Object.hasOwn(spec.jobs, other)
            ? "that is a job, which runs at its own times; a job waits for another one with needs:"
            : "a unit of another application is written with its suffix, such as postgresql.service",
          fix: Object.hasOwn(spec.jobs, other) ? "remove it" : (suggest(other, name) ?? `${other}.service`),
        });
      }
    }
  }
  return found;
}

function orderCycles(spec: Spec): string[][] {
  return findCycles(Object.keys(spec.services), (name) => others(spec, name));
}

/** One circle for each way back that a walk finds; each name is entered once, so the cost grows with the file only. */
export function findCycles(names: readonly string[], next: (name: string) => string[]): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  for (const start of names) {
    if (done.has(start)) continue;
    // An explicit stack: a chain of services may be longer than the language's own stack is deep.
    const stack = [{ name: start, rest: next(start) }];
    const depth = new Map([[start, 0]]);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const to = top.rest.pop();
      if (to === undefined) {
        done.add(top.name);
        depth.delete(top.name);
        stack.pop();
      } else if (depth.has(to)) {
        cycles.push(stack.slice(depth.get(to)).map(({ name }) => name));
      } else if (!done.has(to)) {
        depth.set(to, stack.length);
        stack.push({ name: to, rest: next(to) });
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
  const { first, path } = turnedCycle(cycle);
  return {
    severity: "error",
    code: "spec/order-cycle",
    summary: `Cannot order the services in a circle: ${path.join(" after ")}`,
    at: spec.placeOf(["services", first], "key"),
    detail: "systemd would break the circle by leaving one of them out at boot, silently",
    fix: "remove one of these from after, wants or requires",
  };
}

/** The way round from the name that sorts first back to it, cut short when it is long. */
export function turnedCycle(cycle: readonly string[]): { first: string; path: string[] } {
  const start = cycle.indexOf(cycle.toSorted()[0]!);
  const turned = [...cycle.slice(start), ...cycle.slice(0, start)];
  const shown = turned.length > 8 ? [...turned.slice(0, 6), "...", turned.at(-1)!] : turned;
  return { first: turned[0]!, path: [...shown, turned[0]!] };
}
