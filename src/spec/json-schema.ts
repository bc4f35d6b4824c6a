import { toJsonSchema } from "@valibot/to-json-schema";
import { CORE_SCHEMA, load } from "js-yaml";
import type { KeyDoc } from "./key-doc.ts";
import type { TextDoc } from "./read-values.ts";
import { specSchema } from "./schema.ts";

export type JsonSchema = { [key: string]: unknown };

type Properties = Record<string, JsonSchema>;

/** Blocks of names of the user's, each with the same keys. */
const namedBlocks = ["services", "jobs"];

/** What an environment cannot change; see environments.ts. */
const fixedKeys = ["holdfast", "environments"];

/**
 * The JSON Schema of holdfast.yaml for editors, made from the one annotated schema. Draft 7, because that is what
 * editors' YAML extensions know best. It accepts whatever Holdfast accepts; Holdfast itself checks more.
 */
export function makeJsonSchema(): JsonSchema {
  const whole = toJsonSchema(specSchema, {
    target: "draft-07",
    errorMode: "ignore",
    overrideAction: ({ valibotAction, jsonSchema }) => {
      const { metadata } = valibotAction as { metadata?: { doc?: KeyDoc; text?: TextDoc } };
      if (metadata?.text) return textSchema(metadata.text);
      if (!metadata?.doc) return undefined;
      const { doc: _own, ...value } = jsonSchema as JsonSchema;
      return { ...value, ...docSchema(metadata.doc, value) };
    },
  }) as JsonSchema;
  return { $schema: "http://json-schema.org/draft-07/schema#", title: "holdfast.yaml", ...shared(whole) };
}

/** The text of schema/holdfast.schema.json. */
export function formatJsonSchema(): string {
  return `${JSON.stringify(makeJsonSchema(), null, 2)}\n`;
}

function textSchema({ pattern, description, numbers }: TextDoc): JsonSchema {
  const type = numbers ? ["string", "number"] : "string";
  return { type, ...(pattern === undefined ? {} : { pattern }), description };
}

function docSchema(doc: KeyDoc, value: JsonSchema): JsonSchema {
  const notes = [
    ...(doc.default === undefined ? [] : [`Default: ${doc.default}`]),
    ...(doc.becomes === undefined ? [] : [`Becomes: ${doc.becomes}`]),
  ];
  const fallback = defaultValue(doc.default, value);
  return {
    description: [doc.meaning, notes.join("\n")].filter((part) => part !== "").join("\n\n"),
    ...(fallback === undefined ? {} : { default: fallback }),
    examples: [load(doc.example, { schema: CORE_SCHEMA })],
  };
}

/** Defaults are described in words; some of them are values as well, and editors offer those. */
function defaultValue(
  written: string | undefined,
  { type, enum: choices, pattern, maxLength }: JsonSchema,
): unknown {
  if (written === undefined || written === "none" || maxLength !== undefined) return undefined;
  if (!/^[\w%.-]+$/.test(written)) return undefined;
  const value: unknown = load(written, { schema: CORE_SCHEMA });
  if (Array.isArray(choices)) return choices.includes(value) ? value : undefined;
  if (typeof pattern === "string") return new RegExp(pattern).test(written) ? written : undefined;
  if (type === "integer" || type === "number") return typeof value === "number" ? value : undefined;
  return type === "boolean" && typeof value === "boolean" ? value : undefined;
}

/**
 * Environments and job-defaults take the same keys as the blocks that they are laid over, none of them required: so
 * each key is defined once and referred to from both places.
 */
function shared(whole: JsonSchema): JsonSchema {
  const properties = whole["properties"] as Properties;
  const definitions: Properties = {};
  const known = new Map<string, string>();
  const refer = (from: Properties, prefix: string): Properties =>
    Object.fromEntries(
      Object.entries(from).map(([name, value]) => {
        // Most keys of jobs are those of services.
        const text = JSON.stringify(value);
        const id = known.get(text) ?? `${prefix}${name}`;
        known.set(text, id);
        definitions[id] = value;
        return [name, { $ref: `#/definitions/${id}` }];
      }),
    );
  const rest = omit(properties, [...fixedKeys, ...namedBlocks, "job-defaults"]);
  const top = refer(rest, "");
  const required: Properties = { ...top };
  const partial = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, laidOver(value)]));
  const optional: Properties = refer(partial, "environments.");
  for (const block of namedBlocks) {
    const map = properties[block]!;
    const entry = map["additionalProperties"] as JsonSchema;
    const keys = refer(entry["properties"] as Properties, `${block}.`);
    const loose = { ...omit(entry, ["required"]), properties: keys };
    required[block] = { ...map, additionalProperties: { ...entry, properties: keys } };
    optional[block] = { ...omit(map, ["minProperties", "examples"]), additionalProperties: loose };
    if (block === "jobs")
      required["job-defaults"] = optional["job-defaults"] = {
        ...properties["job-defaults"],
        properties: keys,
        additionalProperties: false,
      };
  }
  const environments = properties["environments"]!;
  const environment = {
    ...(environments["additionalProperties"] as JsonSchema),
    properties: optional,
    additionalProperties: false,
  };
  const fixed = Object.fromEntries(fixedKeys.map((name) => [name, properties[name]!]));
  return {
    ...whole,
    properties: {
      ...fixed,
      ...required,
      environments: { ...environments, additionalProperties: environment },
    },
    definitions,
  };
}

/** What is laid over a block has only what differs; an item of a list is replaced as a whole. */
function laidOver(schema: JsonSchema): JsonSchema {
  const each = (value: unknown): unknown =>
    Object.fromEntries(Object.entries(value as Properties).map(([name, one]) => [name, laidOver(one)]));
  return Object.fromEntries(
    Object.entries(omit(schema, ["required", "minProperties"])).map(([key, value]) => {
      if (key === "properties") return [key, each(value)];
      if (key === "additionalProperties" && typeof value === "object")
        return [key, laidOver(value as JsonSchema)];
      if (key === "anyOf") return [key, (value as JsonSchema[]).map(laidOver)];
      return [key, value];
    }),
  );
}

function omit<T>(from: Record<string, T>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => !names.includes(name)));
}
