import type { GenericSchema } from "valibot";
import type { KeyDoc } from "./key-doc.ts";
import { specSchema } from "./schema.ts";
import { describeValue } from "./describe-value.ts";
import { entriesOf, optionsOf, unwrap, type AnySchema } from "./schema-walk.ts";

/** A step that stands for any name, such as that of a service. */
export const anyName = "NAME";

/** One key of the spec as `explain`, completion and the tests see it. */
export type KeyEntry = {
  /** Steps from the top; `NAME` stands for a name of the user's, `[]` for an item of a list. */
  path: readonly string[];
  required: boolean;
  /** What may stand there, in words. */
  value: string;
  /** True when any name may stand below it. */
  names: boolean;
  /** Keys below, by name. */
  keys: readonly string[];
  doc: KeyDoc | undefined;
};

/** Every key that a person may write, each before those below it, in the order of the schema. */
export function listKeys(): KeyEntry[] {
  const root: GenericSchema = specSchema;
  return below(root, []);
}

function below(outer: AnySchema, path: readonly string[]): KeyEntry[] {
  const { schema } = unwrap(outer);
  const found: KeyEntry[] = [];
  for (const [name, inner] of Object.entries(entriesOf(schema) ?? {}))
    found.push(...entry(inner, [...path, name]));
  for (const holder of [schema, ...optionsOf(schema)]) {
    // Names and items are keys of their own only when there is something to explain below them.
    if (holder.value && entriesOf(unwrap(holder.value).schema))
      found.push(...entry(holder.value, [...path, anyName]));
    if (holder.item && entriesOf(unwrap(holder.item).schema))
      found.push(...below(holder.item, [...path, "[]"]));
  }
  return found;
}

function entry(schema: AnySchema, path: readonly string[]): KeyEntry[] {
  const { doc, schema: inner } = unwrap(schema);
  const children = below(schema, path);
  const keys = children
    .filter((child) => child.path.length === path.length + 1)
    .map((child) => child.path.at(-1)!);
  const required = schema.type !== "optional" && path.at(-1) !== anyName;
  const self = { path, required, value: describeValue(inner), names: inner.type === "record", keys, doc };
  return [self, ...children];
}
