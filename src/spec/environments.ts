import * as v from "valibot";
import type { Diagnostic } from "../report/diagnostic.ts";
import { describeIssues } from "./issues.ts";
import { nearest } from "./nearest.ts";
import type { PlaceFinder } from "./place-finder.ts";
import { specSchema } from "./schema.ts";
import { only, spanOf, toPlain, type MapEntry, type SpecNode } from "./tree.ts";

const environmentsSchema = v.pick(v.object(specSchema.entries), ["environments"]);

/** What cannot differ by environment, and why. */
const fixedKeys: Readonly<Record<string, string>> = {
  environments: "an environment is laid over the base, never over another one",
  holdfast: "the file has one format",
};

/** The environments that can be laid over the base, by name. */
export function environmentsOf(root: SpecNode): ReadonlyMap<string, MapEntry> {
  const node = root.kind === "map" ? root.entries.get("environments")?.node : undefined;
  if (node?.kind !== "map") return new Map();
  return new Map([...node.entries].filter(([, entry]) => entry.node.kind === "map"));
}

/** The overlays are checked merged; what is left is that `environments` is a map of maps, and what none of them may say. */
export function checkEnvironments(root: SpecNode, at: PlaceFinder): Diagnostic[] {
  const placed = {
    root,
    placeOf: (path: readonly (string | number)[], what?: "value" | "key") => at(spanOf(root, path, what)),
  };
  const result = v.safeParse(environmentsSchema, toPlain(only(root, "environments")));
  const found = result.success ? [] : describeIssues(result.issues, placed);
  for (const [name, { node }] of environmentsOf(root)) {
    for (const [key, why] of Object.entries(fixedKeys)) {
      const entry = node.kind === "map" ? node.entries.get(key) : undefined;
      if (entry)
        found.push({
          severity: "error",
          code: "spec/not-in-environment",
          summary: `Cannot change ${key} in environment "${name}"`,
          at: at(entry.keyAt),
          detail: why,
          fix: "remove it here",
        });
    }
  }
  return found;
}

/** Somebody asked for an environment that the spec does not have. */
export function unknownEnvironment(wanted: string, root: SpecNode, at: PlaceFinder): Diagnostic {
  const known = [...environmentsOf(root).keys()];
  const near = nearest(wanted, known);
  return {
    severity: "error",
    code: "spec/unknown-environment",
    summary: `Cannot use the environment "${wanted}": the spec has ${known.length === 0 ? "none" : known.join(", ")}`,
    at: at(spanOf(root, ["environments"], "key")),
    fix: near ? `--env ${near}` : "leave --env out, or add it under environments:",
  };
}
