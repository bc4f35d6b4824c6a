import * as v from "valibot";
import { hasErrors, type Diagnostic, type Place } from "../report/diagnostic.ts";
import { checkApart } from "./check-apart.ts";
import { checkSpec } from "./check-spec.ts";
import { checkEnvironments, environmentsOf, unknownEnvironment } from "./environments.ts";
import { describeIssues } from "./issues.ts";
import type { PlaceFinder } from "./place-finder.ts";
import { readYaml } from "./read-yaml.ts";
import { specSchema } from "./schema.ts";
import type { Spec } from "./spec.ts";
import { nodeAt, overlay, spanOf, toPlain, without, type SpecNode } from "./tree.ts";
import { findUnknownKeys } from "./unknown-keys.ts";

export type SpecResult = { spec: Spec | null; diagnostics: readonly Diagnostic[] };

/**
 * Reads a spec and checks all of it, every environment included. `spec` is null when there is any error. With `now`, in
 * milliseconds, dates are checked too: times that have passed, clocks that will change, calendars that end.
 */
export function parseSpec(
  text: string,
  file: string,
  options: { environment?: string | undefined; now?: number | undefined } = {},
): SpecResult {
  const yaml = readYaml(text, file);
  if (!yaml.root) return { spec: null, diagnostics: yaml.diagnostics };
  const { root, at } = yaml;
  const environments = environmentsOf(root);
  const wanted = options.environment ?? null;
  if (wanted !== null && !environments.has(wanted))
    return { spec: null, diagnostics: [unknownEnvironment(wanted, root, at)] };

  const base = without(root, "environments");
  const now = options.now ?? null;
  const check = (name: string | null): SpecResult => {
    if (name === null) return checkTree(base, file, null, at, now);
    const { node, keyAt } = environments.get(name)!;
    const { spec, diagnostics } = checkTree(
      overlay(base, without(node, "environments")),
      file,
      name,
      at,
      now,
    );
    return { spec, diagnostics: diagnostics.map((d) => inEnvironment(d, name, at(keyAt))) };
  };
  const chosen = check(wanted);
  const others = [...environments.keys()].filter((name) => name !== wanted).map(check);
  // What is laid over may be what makes the base whole, so that its own mistakes count only when it is asked for.
  const bare = wanted === null ? [] : [check(null)];
  const specs = [chosen, ...bare, ...others].flatMap(({ spec }) => (spec === null ? [] : [spec]));
  const diagnostics = uniqueDiagnostics([
    ...chosen.diagnostics,
    ...checkEnvironments(root, at),
    ...others.flatMap((other) => other.diagnostics),
    ...checkApart(specs),
  ]);
  if (chosen.spec === null || hasErrors(diagnostics)) return { spec: null, diagnostics };
  const named = specs.flatMap(({ environment, app }) => (environment === null ? [] : [[environment, app]]));
  const appOf = Object.fromEntries(named) as Record<string, string>;
  return { spec: environments.size === 0 ? chosen.spec : { ...chosen.spec, appOf }, diagnostics };
}

function checkTree(
  written: SpecNode,
  file: string,
  environment: string | null,
  at: PlaceFinder,
  now: number | null,
): SpecResult {
  const root = withJobDefaults(written);
  const placeOf: Spec["placeOf"] = (path, what) => at(spanOf(root, path, what));
  const result = v.safeParse(specSchema, toPlain(root));
  const unknown = findUnknownKeys(specSchema, { root, placeOf });
  if (!result.success)
    return { spec: null, diagnostics: [...unknown, ...describeIssues(result.issues, { root, placeOf })] };
  const { services = {}, jobs = {}, ...rest } = result.output;
  const spec: Spec = { ...rest, services, jobs, file, environment, placeOf };
  return { spec, diagnostics: [...unknown, ...checkSpec(spec, now)] };
}

/** Lays each job over job-defaults. A mistake in the defaults shows at their own place, once. */
function withJobDefaults(root: SpecNode): SpecNode {
  const defaults = nodeAt(root, ["job-defaults"]);
  const jobs = nodeAt(root, ["jobs"]);
  if (root.kind !== "map" || defaults?.kind !== "map" || jobs?.kind !== "map") return root;
  const entries = new Map(
    [...jobs.entries].map(([name, entry]) => [name, { ...entry, node: overlay(defaults, entry.node) }]),
  );
  return {
    ...root,
    entries: new Map(root.entries).set("jobs", { ...root.entries.get("jobs")!, node: { ...jobs, entries } }),
  };
}

/** What goes wrong only once an environment is laid over the rest may stand outside it: then it is said which one. */
function inEnvironment(diagnostic: Diagnostic, name: string, at: Place): Diagnostic {
  if (diagnostic.at === undefined || diagnostic.at.line >= at.line) return diagnostic;
  const note = { at, note: `with environment "${name}" laid over it` };
  return { ...diagnostic, related: [...(diagnostic.related ?? []), note] };
}

/** A mistake in the base shows again in every environment, and one in job-defaults in every job: each is said once, in the order of the file. */
function uniqueDiagnostics(list: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Map<string, Diagnostic>();
  for (const d of list) {
    const id = `${d.code} ${d.at?.line}:${d.at?.column} ${d.summary.replace(/\bjob "[^"]*"/, "job")}`;
    if (!seen.has(id)) seen.set(id, d);
  }
  return [...seen.values()].toSorted(
    (a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0),
  );
}
