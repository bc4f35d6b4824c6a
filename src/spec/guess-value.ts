import { nearest } from "./nearest.ts";
import { slugOf } from "./slug.ts";

/** What a person most likely meant by a value that cannot stand there, or undefined. */
export function guessValue(input: unknown, expected: string, choices: readonly string[]): string | undefined {
  if (expected.startsWith("a list") && isWord(input)) return `[${input}]`;
  if (typeof input !== "string") return undefined;
  // The words of YAML 1.1, which are text in YAML 1.2.
  if (expected === "true or false")
    return { yes: "true", on: "true", true: "true", no: "false", off: "false", false: "false" }[
      input.toLowerCase()
    ];
  if (expected.startsWith("a whole number") && /^\d{1,9}$/.test(input)) return String(Number(input));
  if (expected.startsWith("a name of lower-case")) return slugOf(input) || undefined;
  return nearest(input, choices);
}

function isWord(input: unknown): input is string | number {
  return typeof input === "number" || (typeof input === "string" && /^[\w./-]+$/.test(input));
}
