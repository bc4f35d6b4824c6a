import * as v from "valibot";

/** What `holdfast explain` and the JSON Schema say about a key. */
export type KeyDoc = {
  /** One or two sentences. */
  meaning: string;
  /** What happens when the key is left out. */
  default?: string;
  /** The systemd directives or other settings it becomes. */
  becomes?: string;
  /** A value as it may stand behind the key, in YAML. */
  example: string;
  /** Its example stands without the rest of its block's, which it replaces. */
  alone?: true;
};

/** A key of the spec with its documentation: the one source of checking, `explain` and the JSON Schema. */
export function key<const S extends v.GenericSchema>(schema: S, doc: KeyDoc) {
  return v.optional(v.pipe(schema, v.metadata({ doc })));
}

/** Like `key`, for a key that has to be there. */
export function requiredKey<const S extends v.GenericSchema>(schema: S, doc: KeyDoc) {
  return v.pipe(schema, v.metadata({ doc }));
}

/** Documents what stands behind any name of a map of names, such as one service. */
export const named = requiredKey;

/** A custom issue carries its code, what was expected and a fix; issues.ts unpacks it. */
export function issueMessage(code: string, expected: string, fix?: string): string {
  return JSON.stringify({ code, expected, fix });
}
