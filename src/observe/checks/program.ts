import { programTrouble } from "../../explain-failure/program-trouble.ts";
import { check, type Check, type CheckInput } from "../check.ts";

/** What is to be run is there, may be executed, and has its interpreter: a running process shows nothing of that. */
export async function checkProgram(input: CheckInput): Promise<Check> {
  const promise = "its program can be started";
  const trouble = await programTrouble(input.host, input.service);
  if (trouble === null) return check(input, "program", promise, "ok", "in force");
  const found = `${trouble.says}: the next start will fail`;
  return check(input, "program", promise, "failed", found, trouble.fix);
}
