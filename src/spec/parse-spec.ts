import * as v from "valibot";
import { hasErrors, type Diagnostic, type Place } from "../report/diagnostic.ts";
import { checkSpec } from "./check-spec.ts";
import { describeIssues } from "./issues.ts";
import { nearest } from "./nearest.ts";
import { readYaml } from "./read-yaml.ts";
import { keysAt } from "./schema-walk.ts";
import { specSchema, type SpecValues } from "./schema.ts";
import { overlay, placeOf, toPlain, without, type Path, type SpecNode } from "./tree.ts";

/** What the user declared, for one environment. Values are read (durations, sizes, words); `placeOf` tells where each was written. */
export type Spec = Omit<SpecValues, "environments"> & {
  readonly file: string;
  readonly environment: string | null;
  placeOf(path: Path, what?: "value" | "key"): Place;
};

export type SpecResult = { spec: Spec | null; diagnostics: readonly Diagnostic[] };

/** Reads a spec and checks all of it, every environment included. `spec` is null when there is any error. */
export function parseSpec(
  text: string,
  file: string,
  options: { environment?: string | undefined } = {},
): SpecResult {
  const { root, diagnostics } = readYaml(text, file);
  if (!root) return { spec: null, diagnostics };

  const environments = environmentsOf(root);
  const base = without(root, "environments");
  const wanted = options.environment ?? null;
  if (wanted !== null && !environments.has(wanted)) {
    return { spec: null, diagnostics: [unknownEnvironment(wanted, [...environments.keys()], root)] };
  }
  const chosen = checkTree(wanted === null ? base : overlay(base, environments.get(wanted)!), file, wanted);
  const all = [...chosen.diagnostics, ...checkEnvironmentNames(root)];
  for (const [name, tree] of environments) {
    if (name !== wanted) all.push(...checkTree(overlay(base, tree), file, name).diagnostics);
  }
  const unique = uniqueDiagnostics(all);
  return { spec: hasErrors(unique) ? null : chosen.spec, diagnostics: unique };
}

function checkTree(root: SpecNode, file: string, environment: string | null): SpecResult {
  const result = v.safeParse(specSchema, toPlain(root));
  if (!result.success) {
    return {
      spec: null,
      diagnostics: describeIssues(result.issues, root, (path) => keysAt(specSchema, path)),
    };
  }
  const spec: Spec = {
    ...result.output,
    file,
    environment,
    placeOf: (path, what) => placeOf(root, path, what),
  };
  return { spec, diagnostics: checkSpec(spec) };
}

function environmentsOf(root: SpecNode): ReadonlyMap<string, SpecNode> {
  const node = root.kind === "map" ? root.entries.get("environments")?.node : undefined;
  if (node?.kind !== "map") return new Map();
  return new Map(
    [...node.entries].flatMap(([name, entry]) =>
      entry.node.kind === "map" ? [[name, entry.node] as const] : [],
    ),
  );
}

/** The overlays are checked merged; what is left is that `environments` itself is a map of maps, and nobody renames the application in one. */
function checkEnvironmentNames(root: SpecNode): Diagnostic[] {
  const result = v.safeParse(v.pick(v.object(specSchema.entries), ["environments"]), toPlain(root));
  const found = result.success ? [] : describeIssues(result.issues, root, () => []);
  for (const [name, tree] of environmentsOf(root)) {
    if (tree.kind === "map" && tree.entries.has("app")) {
      found.push({
        severity: "error",
        code: "spec/app-in-environment",
        summary: `Cannot change the application's name in environment "${name}"`,
        at: tree.entries.get("app")!.keyAt,
        detail: "units, journal and state are named after it",
        fix: "remove this line",
      });
    }
  }
  return found;
}

function unknownEnvironment(wanted: string, known: readonly string[], root: SpecNode): Diagnostic {
  const near = nearest(wanted, known);
  return {
    severity: "error",
    code: "spec/unknown-environment",
    summary: `Cannot use the environment "${wanted}": the spec has ${known.length === 0 ? "none" : known.join(", ")}`,
    at: placeOf(root, ["environments"], "key"),
    ...(near ? { fix: `--env ${near}` } : {}),
  };
}

function uniqueDiagnostics(list: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Map<string, Diagnostic>();
  for (const d of list) seen.set(`${d.code} ${d.at?.line}:${d.at?.column} ${d.summary}`, d);
  return [...seen.values()].toSorted(
    (a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0),
  );
}
