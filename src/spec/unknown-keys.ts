import type { GenericSchema } from "valibot";
import type { Diagnostic } from "../report/diagnostic.ts";
import { describePath } from "./describe-path.ts";
import type { Placed } from "./issues.ts";
import { nearest } from "./nearest.ts";
import { entriesOf, stepInto, unwrap, type AnySchema } from "./schema-walk.ts";
import type { Path, SpecNode } from "./tree.ts";

/**
 * Every key that the schema does not know. The schema library stops at the first one of a block, and takes "toString"
 * for a key that every block has.
 */
export function findUnknownKeys(schema: GenericSchema, source: Placed): Diagnostic[] {
  const found: Diagnostic[] = [];
  const walk = (outer: AnySchema, node: SpecNode, path: Path): void => {
    if (node.kind === "scalar") return;
    const inner = unwrap(outer).schema;
    // What may be anything here is checked where it is laid over something, as job-defaults is over each job.
    const entries = node.kind === "map" && inner.type !== "loose_object" ? entriesOf(inner) : undefined;
    const steps =
      node.kind === "map"
        ? [...node.entries].map(([name, entry]) => [name, entry.node] as const)
        : [...node.items.entries()];
    for (const [step, child] of steps) {
      if (entries && !Object.hasOwn(entries, step)) {
        found.push(describeUnknownKey([...path, step], Object.keys(entries), source));
        continue;
      }
      const next = stepInto(inner, step);
      if (next) walk(next, child, [...path, step]);
    }
  };
  walk(schema, source.root, []);
  return found;
}

function describeUnknownKey(path: Path, known: readonly string[], { placeOf }: Placed): Diagnostic {
  const name = String(path.at(-1));
  const near = nearest(name, known);
  const where = path.length > 1 ? ` in ${describePath(path.slice(0, -1))}` : "";
  return {
    severity: "error",
    code: "spec/unknown-key",
    summary: `Cannot use the key ${JSON.stringify(name)}${where}: there is no such key`,
    at: placeOf(path, "key"),
    detail: near ? `Did you mean "${near}"?` : `known here: ${known.join(", ")}`,
    fix: near ? `${near}:` : "remove it, or see all keys with: holdfast explain",
  };
}
