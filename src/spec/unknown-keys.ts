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
  const path: (string | number)[] = [];
  const enter = (inner: AnySchema, step: string | number, child: SpecNode): void => {
    const next = child.kind === "scalar" ? undefined : stepInto(inner, step);
    if (!next) return;
    path.push(step);
    walk(next, child);
    path.pop();
  };
  const walk = (outer: AnySchema, node: SpecNode): void => {
    const inner = unwrap(outer).schema;
    if (node.kind === "list") node.items.forEach((item, index) => enter(inner, index, item));
    if (node.kind !== "map") return;
    // What may be anything here is checked where it is laid over something, as job-defaults is over each job.
    const entries = inner.type === "loose_object" ? undefined : entriesOf(inner);
    for (const [name, entry] of node.entries) {
      if (!entries || Object.hasOwn(entries, name)) enter(inner, name, entry.node);
      else found.push(describeUnknownKey([...path, name], Object.keys(entries), source));
    }
  };
  walk(schema, source.root);
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
