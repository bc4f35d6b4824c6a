import type { Diagnostic } from "../report/diagnostic.ts";
import type { Spec } from "./spec.ts";
import type { Path } from "./tree.ts";

const kept = ["state-directory", "cache-directory", "runtime-directory"] as const;

/** Environments that are applications of their own can run side by side: then none may work on the data of another. */
export function checkApart(specs: readonly Spec[]): Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  const owners = new Map<string, Spec>();
  // Whichever of them was asked for, it is said of the environment that differs from the base.
  for (const spec of specs.toSorted((a, b) => (a.environment ?? "").localeCompare(b.environment ?? "")))
    for (const { place, path } of placesOf(spec)) {
      const owner = owners.get(place) ?? spec;
      owners.set(place, owner);
      const id = `${spec.app} ${place}`;
      if (owner.app !== spec.app && !found.has(id)) found.set(id, shared(spec, owner, place, path));
    }
  return [...found.values()];
}

/** The directories that an application has to itself. */
function placesOf(spec: Spec): { place: string; path: Path }[] {
  const programs = (["services", "jobs"] as const).flatMap((kind) =>
    Object.entries(spec[kind]).map(([name, program]) => ({ path: [kind, name] as Path, program })),
  );
  const named = programs.flatMap(({ path, program }) =>
    kept.flatMap((key) => {
      const name = program[key];
      return name === undefined ? [] : [{ place: `${key} ${name}`, path: [...path, key] }];
    }),
  );
  const places = [{ place: `directory ${spec.directory}`, path: ["directory"] as Path }, ...named];
  return [...new Map(places.map((one) => [one.place, one])).values()];
}

function shared(spec: Spec, owner: Spec, place: string, path: Path): Diagnostic {
  const key = place.slice(0, place.indexOf(" "));
  return {
    severity: "warning",
    code: "spec/shared-data",
    summary: `"${spec.app}" (${spec.environment}) and "${owner.app}" would share ${place}`,
    at: spec.placeOf(path),
    detail: "both can run on one host at the same time, and each would write over what the other has",
    fix: `give environment "${spec.environment}" a ${key}: of its own`,
  };
}
