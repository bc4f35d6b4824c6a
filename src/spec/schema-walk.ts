import type * as v from "valibot";
import type { KeyDoc } from "./values.ts";
import type { Path } from "./tree.ts";

type AnySchema = v.GenericSchema & {
  wrapped?: AnySchema;
  pipe?: readonly (AnySchema & { metadata?: { doc?: KeyDoc } })[];
  entries?: Record<string, AnySchema>;
  options?: readonly AnySchema[];
  value?: AnySchema;
  item?: AnySchema;
};

/** The schema inside wrappers such as optional(...) and pipe(...), with the documentation met on the way. */
export function unwrap(schema: AnySchema): { schema: AnySchema; doc?: KeyDoc } {
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

/** Keys that may stand in the map at a path; empty where any key may. */
export function keysAt(root: v.GenericSchema, path: Path): readonly string[] {
  const found = schemaAt(root, path);
  return found ? Object.keys(found.schema.entries ?? objectOption(found.schema)?.entries ?? {}) : [];
}

/** The schema and documentation of a key. A step through a map of names (services.bot) takes any name. */
export function schemaAt(root: v.GenericSchema, path: Path): { schema: AnySchema; doc?: KeyDoc } | undefined {
  let found = unwrap(root);
  for (const step of path) {
    const { schema } = found;
    const holder = schema.entries || schema.value || schema.item ? schema : (objectOption(schema) ?? schema);
    const next =
      holder.entries?.[String(step)] ?? (holder.entries ? undefined : (holder.value ?? holder.item));
    if (!next) return undefined;
    found = unwrap(next);
  }
  return found;
}

/** A key that takes a word or a block, such as hardening: the block is what has keys. */
function objectOption(schema: AnySchema): AnySchema | undefined {
  return schema.options
    ?.map((option) => (typeof option === "object" ? unwrap(option).schema : undefined))
    .find((option) => option?.entries || option?.item);
}
