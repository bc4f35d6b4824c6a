import { exitCode } from "../report/diagnostic.ts";
import { formatJsonSchema, makeJsonSchema } from "../spec/json-schema.ts";
import type { Session } from "./session.ts";

/** holdfast schema: the JSON Schema of holdfast.yaml, to be saved where an editor finds it. */
export async function runSchema(session: Session): Promise<number> {
  session.out.result({ schema: makeJsonSchema() }, formatJsonSchema());
  return exitCode.done;
}
