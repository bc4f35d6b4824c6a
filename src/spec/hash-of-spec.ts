import { createHash } from "node:crypto";
import { readYaml } from "./read-yaml.ts";
import { toPlain } from "./tree.ts";

/** SHA-256 of what a spec says, in the order in which it says it: a comment or another layout is the same spec. */
export function hashOfSpec(text: string): string {
  const { root } = readYaml(text, "");
  const said = root === null ? text : JSON.stringify(toPlain(root));
  return createHash("sha256").update(said).digest("hex");
}
