/** What came as JSON, nothing of it believed yet. */
export type Json = Readonly<Record<string, unknown>>;

/** The object that a text holds; an empty one when it holds none. */
export function jsonOf(text: string): Json {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    // Not JSON, or cut off.
    return {};
  }
}

/** The fields of what may be an object. */
export function fieldsOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** What may be a text; an empty one when it is something else. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
