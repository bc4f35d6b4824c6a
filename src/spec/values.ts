import { posix } from "node:path";
import * as v from "valibot";
import { issueMessage } from "./key-doc.ts";

export const text = () => v.string(issueMessage("spec/bad-type", "text"));
export const flag = () => v.boolean(issueMessage("spec/bad-type", "true or false"));

export const count = (least: number, most: number) => {
  const message = issueMessage("spec/bad-number", `a whole number from ${least} to ${most}`);
  return v.pipe(v.number(message), v.integer(message), v.minValue(least, message), v.maxValue(most, message));
};

export const oneOf = <const T extends readonly string[]>(...choices: T) =>
  v.picklist(choices, issueMessage("spec/bad-choice", `one of ${choices.join(", ")}`));

export const matching = (pattern: RegExp, description: string, code = "spec/bad-name", fix?: string) =>
  v.pipe(
    v.string(issueMessage(code, description, fix)),
    v.regex(pattern, issueMessage(code, description, fix)),
  );

/** Text that becomes part of a line, such as a comment: control characters could end it or hide the rest. */
export const plainLine = () =>
  // Not \p{Cc}: the pattern goes into the JSON Schema, and not every editor reads it with the u flag.
  // oxlint-disable-next-line no-control-regex
  matching(/^[^\u0000-\u001f\u007f-\u009f]+$/, "text without control characters", "spec/bad-text");

/** Scalars that a person writes without quotes; kept as the text that was written. */
export const scalarText = () =>
  v.pipe(
    v.union(
      [v.string(), v.number(), v.boolean()],
      issueMessage("spec/bad-type", 'a single value; "" for an empty one'),
    ),
    v.transform((value) => String(value)),
  );

export const port = () => count(1, 65_535);

/** systemd wants plain absolute paths; what has a plain spelling, such as a slash at the end, gets it here. */
export const absolutePath = (code = "spec/bad-path", fix?: string) =>
  v.pipe(
    matching(/^\/[^\0\n\r]*$/, "an absolute path", code, fix),
    v.regex(
      /^(?!.*(^|\/)\.\.(\/|$))/,
      issueMessage("spec/bad-path", "a path without .., which leads elsewhere behind a link"),
    ),
    v.transform(plainPath),
  );

/** A path that may be relative to `directory`. */
export const filePath = () =>
  v.pipe(
    matching(/^[^\0\n\r]+$/, "a path", "spec/bad-path"),
    v.regex(
      /^(?!\/.*\/\.\.(\/|$))(?!~(\/|$))/,
      issueMessage("spec/bad-path", "a path relative to directory, or an absolute one without .. and ~"),
    ),
    v.transform(plainPath),
  );

function plainPath(path: string): string {
  const plain = posix.normalize(path);
  return plain.length > 1 && plain.endsWith("/") ? plain.slice(0, -1) : plain;
}
