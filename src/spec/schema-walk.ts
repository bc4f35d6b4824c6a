import type * as v from "valibot";
import type { KeyDoc } from "./key-doc.ts";
import type { Path } from "./tree.ts";

/** The parts of any schema that a walk needs to know. */
export type AnySchema = v.GenericSchema & {
  message?: unknown;
  wrapped?: AnySchema;
  pipe?: readonly (AnySchema & { metadata?: { doc?: KeyDoc } })[];
  entries?: Record<string, AnySchema>;
  options?: readonly AnySchema[];
  value?: AnySchema;
  item?: AnySchema;
};

const unwrapped = new WeakMap<AnySchema, { schema: AnySchema; doc?: KeyDoc }>();

/** The schema inside wrappers such as optional(...) and pipe(...), with the documentation met on the way. */
export function unwrap(schema: AnySchema): { schema: AnySchema; doc?: KeyDoc } {
  const known = unwrapped.get(schema) ?? strip(schema);
  unwrapped.set(schema, known);
  return known;
}

function strip(schema: AnySchema): { schema: AnySchema; doc?: KeyDoc } {
  let current = schema;
  let doc: KeyDoc | undefined;
  for (;;) {
    const found = current.pipe?.find((step) => step.metadata?.doc)?.metadata?.doc;
    doc ??= found;
    if (current.wrapped) current = current.wrapped;
    else if (current.pipe && current.pipe[0] !== current && !current.entries && current.pipe[0]) {
      const inner = current.pipe[0];
      if (inner === current || (inner.type === current.type && !inner.pipe)) break;
      current = inner;
    } else break;
  }
  return doc ? { schema: current, doc } : { schema: current };
}

/** The keys of a block, also where a word may stand instead of it, such as hardening. */
export function entriesOf(schema: AnySchema): Record<string, AnySchema> | undefined {
  return schema.entries ?? optionsOf(schema).find((option) => option.entries)?.entries;
}

/** The branches of a union, unwrapped. */
export function optionsOf(schema: AnySchema): AnySchema[] {
  return (schema.options ?? [])
    .filter((option) => typeof option === "object")
    .map((option) => unwrap(option).schema);
}

/** Keys that may stand in the map at a path; empty where any key may. */
export function keysAt(root: v.GenericSchema, path: Path): readonly string[] {
  const found = schemaAt(root, path);
  return found ? Object.keys(entriesOf(found.schema) ?? {}) : [];
}

/** The schema and documentation of a key. A step through a map of names (services.bot) takes any name. */
export function schemaAt(root: v.GenericSchema, path: Path): { schema: AnySchema; doc?: KeyDoc } | undefined {
  let found = unwrap(root);
  for (const step of path) {
    const next = stepInto(found.schema, step);
    if (!next) return undefined;
    found = unwrap(next);
  }
  return found;
}

/** The schema of one key, name or item below a schema. */
export function stepInto(schema: AnySchema, step: string | number): AnySchema | undefined {
  for (const holder of [schema, ...optionsOf(schema)]) {
    if (typeof step === "number" && holder.item) return holder.item;
    if (typeof step === "string" && holder.entries && Object.hasOwn(holder.entries, step))
      return holder.entries[step];
    if (typeof step === "string" && !holder.entries && holder.value) return holder.value;
  }
  return undefined;
}
