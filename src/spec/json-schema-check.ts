import type { JsonSchema } from "./json-schema.ts";

/** The little of JSON Schema that ours uses, for the tests: what is wrong with a value, by place. */
export function matches(root: JsonSchema, value: unknown, schema: JsonSchema = root, at = ""): string[] {
  if (typeof schema["$ref"] === "string") return matches(root, value, definition(root, schema["$ref"]), at);
  const options = schema["anyOf"] as JsonSchema[] | undefined;
  const tried = options?.map((option) => matches(root, value, option, at));
  // Of branches that all fail, the last is the block: its reasons are the ones worth reading.
  const failed = tried?.every((wrong) => wrong.length > 0) ? tried.at(-1)! : [];
  return [
    ...failed,
    ...checkScalar(value, schema, at),
    ...checkList(root, value, schema, at),
    ...checkMap(root, value, schema, at),
  ];
}

function definition(root: JsonSchema, reference: string): JsonSchema {
  const found = (root["definitions"] as Record<string, JsonSchema>)[reference.replace("#/definitions/", "")];
  if (!found) throw new Error(`${reference} is not defined`);
  return found;
}

function checkScalar(value: unknown, schema: JsonSchema, at: string): string[] {
  const wrong: string[] = [];
  const types = [schema["type"] ?? []].flat() as string[];
  if (types.length > 0 && !types.some((type) => isType(value, type))) wrong.push("type");
  if ("const" in schema && value !== schema["const"]) wrong.push("const");
  if (Array.isArray(schema["enum"]) && !schema["enum"].includes(value)) wrong.push("enum");
  if (typeof value === "string") {
    if (typeof schema["pattern"] === "string" && !new RegExp(schema["pattern"]).test(value))
      wrong.push("pattern");
    if (value.length > Number(schema["maxLength"] ?? Infinity)) wrong.push("maxLength");
  }
  if (typeof value === "number") {
    if (value < Number(schema["minimum"] ?? -Infinity)) wrong.push("at least");
    if (value > Number(schema["maximum"] ?? Infinity)) wrong.push("at most");
  }
  return wrong.map((what) => `${at.slice(1)}: ${what}`);
}

function isType(value: unknown, type: string): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (type === "object") return isMap(value);
  return type === "array" ? Array.isArray(value) : typeof value === type;
}

function checkList(root: JsonSchema, value: unknown, schema: JsonSchema, at: string): string[] {
  if (!Array.isArray(value)) return [];
  const few =
    value.length < Number(schema["minItems"] ?? 0)
      ? [`${at.slice(1)}: at least ${String(schema["minItems"])}`]
      : [];
  const items = schema["items"] as JsonSchema | undefined;
  return items
    ? [...few, ...value.flatMap((item, index) => matches(root, item, items, `${at}.${index}`))]
    : few;
}

function checkMap(root: JsonSchema, value: unknown, schema: JsonSchema, at: string): string[] {
  if (!isMap(value)) return [];
  const wrong: string[] = [];
  const properties = (schema["properties"] ?? {}) as Record<string, JsonSchema>;
  for (const name of (schema["required"] ?? []) as string[])
    if (!(name in value)) wrong.push(`${at.slice(1)}: needs "${name}"`);
  if (Object.keys(value).length < Number(schema["minProperties"] ?? 0))
    wrong.push(`${at.slice(1)}: at least 1`);
  for (const [name, inner] of Object.entries(value)) {
    const more = schema["additionalProperties"];
    if (schema["propertyNames"])
      wrong.push(...matches(root, name, schema["propertyNames"] as JsonSchema, `${at}.name ${name}`));
    if (properties[name]) wrong.push(...matches(root, inner, properties[name], `${at}.${name}`));
    else if (more === false) wrong.push(`${at.slice(1)}: no key "${name}"`);
    else if (typeof more === "object")
      wrong.push(...matches(root, inner, more as JsonSchema, `${at}.${name}`));
  }
  return wrong;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
