import { unwrap, type AnySchema } from "./schema-walk.ts";

/** What may stand behind a key, in the words of the message that refuses anything else. */
export function describeValue(outer: AnySchema): string {
  const { schema } = unwrap(outer);
  const expected = expectedBy(outer) ?? expectedBy(schema);
  if (expected !== undefined) return expected;
  if (schema.entries) return "keys and values, indented below";
  if (schema.type === "array" && schema.item) return `a list: each ${describeValue(schema.item)}`;
  if (schema.type === "record" && schema.value) return `names, each with ${describeValue(schema.value)}`;
  return schema.type;
}

function expectedBy(schema: AnySchema): string | undefined {
  if (typeof schema.message !== "string" || !schema.message.startsWith("{")) return undefined;
  return (JSON.parse(schema.message) as { expected: string }).expected;
}
