import { listOf } from "../../host/properties.ts";
import { check, type Check, type CheckInput } from "../check.ts";

/** A line that holds when these directives are in force as they were applied. */
export function compared(
  input: CheckInput,
  id: string,
  promise: string,
  concerns: (key: string) => boolean,
): Check {
  const differences = listDifferences(input, concerns);
  if (differences.length === 0) return check(input, id, promise, "ok", "in force");
  return check(input, id, promise, "failed", differences.join("; "), fixFor(input));
}

/** Directives that are not as they were applied, each in words with what was found. */
export function listDifferences(input: CheckInput, concerns: (key: string) => boolean): string[] {
  return [
    ...input.mismatches
      .filter(({ key }) => concerns(key))
      .map(({ key, found, meant }) => `${key}= is ${found}, not ${meant === "" ? "empty" : meant}`),
    ...input.overrides
      .filter(({ key }) => concerns(key))
      .map(({ key, file }) => `${key}= is set again by ${file}`),
  ];
}

/** What puts a difference right: drop-ins win over whatever apply writes. */
export function fixFor(input: CheckInput): string {
  const dropIns = listOf(input.properties, "DropInPaths");
  return dropIns.length > 0
    ? `remove ${dropIns.join(", ")}, or write the value into holdfast.yaml; then: systemctl daemon-reload`
    : "holdfast apply";
}
