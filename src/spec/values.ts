import * as v from "valibot";
import { parseCommand } from "../value/command.ts";
import { parseDuration, type Duration } from "../value/duration.ts";
import type { Parsed } from "../value/parsed.ts";
import { parseSize, type Size } from "../value/size.ts";

/** What `holdfast explain` and the JSON Schema say about a key. */
export type KeyDoc = {
  /** One or two sentences. */
  meaning: string;
  /** What happens when the key is left out. */
  default?: string;
  /** The systemd directives or other settings it becomes. */
  becomes?: string;
  example: string;
};

/** A key of the spec with its documentation: the one source of checking, `explain` and the JSON Schema. */
export function key<const S extends v.GenericSchema>(schema: S, doc: KeyDoc) {
  return v.optional(v.pipe(schema, v.metadata({ doc })));
}

/** Like `key`, for a key that has to be there. */
export function requiredKey<const S extends v.GenericSchema>(schema: S, doc: KeyDoc) {
  return v.pipe(schema, v.metadata({ doc }));
}

/** A custom issue carries its code, what was expected and a fix; issues.ts unpacks it. */
export function issueMessage(code: string, expected: string, fix?: string): string {
  return JSON.stringify({ code, expected, fix });
}

/** Text that is read into a value; the JSON Schema sees the text. */
function readFrom<T>(
  code: string,
  read: (text: string) => Parsed<T>,
  schemaDoc: { pattern?: string; description: string },
) {
  return v.pipe(
    v.union([v.string(), v.number()], issueMessage(code, schemaDoc.description)),
    v.metadata({ text: schemaDoc }),
    v.rawTransform(({ dataset, addIssue, NEVER }): T => {
      const result = read(String(dataset.value));
      if (result.ok) return result.value;
      addIssue({ message: issueMessage(code, result.expected, result.fix) });
      return NEVER;
    }),
  );
}

export const duration = () =>
  readFrom<Duration>("spec/bad-duration", parseDuration, {
    description: "a span of time: a number and a unit, such as 30s, 5m or 1h",
  });

export const size = () =>
  readFrom<Size>("spec/bad-size", parseSize, {
    description: "a size: a number and one of K, M, G, T, such as 512M or 2G",
  });

/** CPU share in percent of one core: 150% is one and a half cores. */
export const percent = () =>
  readFrom<number>(
    "spec/bad-percent",
    (text) => {
      const match = /^(\d+(?:\.\d{1,2})?)%$/.exec(text.trim());
      if (match && Number(match[1]) > 0) return { ok: true, value: Number(match[1]) };
      const bare = /^\d+(\.\d+)?$/.exec(text.trim());
      const fix = bare ? { fix: `${Number(text) <= 16 ? Number(text) * 100 : Number(text)}%` } : {};
      return { ok: false, expected: "a percentage of one core, such as 80% or 150%", ...fix };
    },
    { pattern: "^\\d+(\\.\\d{1,2})?%$", description: "a percentage of one core, such as 150%" },
  );

/** "10 per 1h": a count within a window. */
export type Rate = { count: number; window: Duration };
export const rate = () =>
  readFrom<Rate>(
    "spec/bad-rate",
    (text) => {
      const match = /^(\d+)\s+(?:per|in)\s+(.+)$/.exec(text.trim());
      const window = match ? parseDuration(match[2]!) : null;
      if (match && window?.ok && Number(match[1]) > 0) {
        return { ok: true, value: { count: Number(match[1]), window: window.value } };
      }
      const short = /^(\d+)\s*\/\s*(\d*[a-z]+)$/.exec(text.trim());
      const fix = short
        ? `${short[1]} per ${/^\d/.test(short[2]!) ? "" : "1"}${short[2]}`
        : `${Number.parseInt(text, 10) || 10} per 1h`;
      return { ok: false, expected: 'a count and a span of time, such as "10 per 1h"', fix };
    },
    { description: 'a count and a span of time, such as "10 per 1h"' },
  );

/** A command: text that is split into words without a shell, or the list of words itself. */
export const command = () =>
  v.union(
    [
      readFrom<readonly string[]>("spec/bad-command", parseCommand, {
        description: "a program and its arguments; no shell runs",
      }),
      v.pipe(
        v.array(text()),
        v.minLength(1, issueMessage("spec/bad-command", "a program and its arguments")),
      ),
    ],
    issueMessage("spec/bad-command", "a command line, or a list of the program and its arguments"),
  );

export const text = () => v.string(issueMessage("spec/bad-type", "text"));
export const flag = () => v.boolean(issueMessage("spec/bad-type", "true or false"));

export const count = (least: number, most: number) =>
  v.pipe(
    v.number(issueMessage("spec/bad-number", `a whole number from ${least} to ${most}`)),
    v.check(
      (n) => Number.isInteger(n) && n >= least && n <= most,
      issueMessage("spec/bad-number", `a whole number from ${least} to ${most}`),
    ),
  );

export const oneOf = <const T extends readonly string[]>(...choices: T) =>
  v.picklist(choices, issueMessage("spec/bad-choice", `one of ${choices.join(", ")}`));

export const matching = (pattern: RegExp, description: string, code = "spec/bad-name") =>
  v.pipe(v.string(issueMessage(code, description)), v.regex(pattern, issueMessage(code, description)));

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
export const absolutePath = () => matching(/^\/[^\0\n]*$/, "an absolute path", "spec/bad-path");
export const filePath = () => matching(/^[^\0\n]+$/, "a path", "spec/bad-path");
export const fileMode = () =>
  readFrom<number>(
    "spec/bad-mode",
    (text) =>
      /^0?[0-7]{3,4}$/.test(text)
        ? { ok: true, value: Number.parseInt(text, 8) }
        : { ok: false, expected: 'file permissions in octal, such as "0750"' },
    { description: 'file permissions in octal, such as "0750"' },
  );
