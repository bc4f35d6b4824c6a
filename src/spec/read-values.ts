import * as v from "valibot";
import { secretInSpec } from "../report/hide-secrets.ts";
import { parseCommand } from "../value/command.ts";
import { parseDuration, type Duration } from "../value/duration.ts";
import { notParsed, parsed, type Parsed } from "../value/parsed.ts";
import { parseSize, type Size } from "../value/size.ts";
import { issueMessage } from "./key-doc.ts";
import { text } from "./values.ts";

/** What editors are told of a value that is read from text: a pattern that is no stricter than the reader. */
export type TextDoc = { pattern?: string; description: string; numbers?: boolean };

/** Text that is read into a value; the JSON Schema sees the text. A bare number gets here too, for the sake of a better answer. */
export function readFrom<T>(
  code: string,
  read: (text: string) => Parsed<T>,
  textDoc: TextDoc,
  /** Whether a text that is not understood may be a secret, which is not shown. */
  isSecret: (text: string) => boolean = () => false,
) {
  return v.pipe(
    v.union([v.string(), v.number()], issueMessage(code, textDoc.description)),
    v.metadata({ text: textDoc }),
    v.rawTransform(({ dataset, addIssue, NEVER }): T => {
      const result = read(String(dataset.value));
      if (result.ok) return result.value;
      const told = isSecret(String(dataset.value)) ? secretInSpec : code;
      addIssue({ message: issueMessage(told, result.expected, result.fix) });
      return NEVER;
    }),
  );
}

const spanPattern = String.raw`(\d+(\.\d+)?\s*(ms|msec|s|sec|seconds?|m|min|minutes?|h|hr|hours?|d|days?|w|weeks?)\s*)+`;

/**
 * A limited span of time. 0 has to be allowed by name: in most of systemd's directives it means "for ever" or "off",
 * the opposite of what a person writes it for.
 */
export const duration = (options: { zero?: boolean } = {}) =>
  readFrom<Duration>(
    "spec/bad-duration",
    (written) => {
      const read = parseDuration(written);
      if (!read.ok) return read;
      if (read.value === Infinity) return notParsed("a limited span of time, such as 30s, 5m or 1d");
      return read.value === 0 && !options.zero
        ? notParsed("a span of time above 0, such as 30s or 5m")
        : read;
    },
    {
      pattern: `^\\s*(${options.zero ? "0|" : ""}${spanPattern})\\s*$`,
      description: "a span of time: a number and a unit, such as 30s, 5m or 1h",
    },
  );

/** A size; 0 and infinity have to be allowed by name. */
export const size = (options: { zero?: boolean; infinity?: boolean } = {}) =>
  readFrom<Size>(
    "spec/bad-size",
    (written) => {
      const read = parseSize(written);
      if (!read.ok) return read;
      if (read.value === Infinity && !options.infinity)
        return notParsed("a limited size, such as 512M or 2G");
      return read.value === 0 && !options.zero ? notParsed("a size above 0, such as 512M or 2G") : read;
    },
    {
      pattern: `^\\s*(${options.zero ? "0|" : ""}${options.infinity ? "infinity|" : ""}\\d+(\\.\\d+)?\\s*[KMGTkmgt])\\s*$`,
      description: "a size: a number and one of K, M, G, T, such as 512M or 2G",
    },
  );

/** CPU share in percent of one core: 150% is one and a half cores. */
export const percent = () =>
  readFrom<number>(
    "spec/bad-percent",
    (written) => {
      const match = /^(\d+(?:\.\d{1,2})?)%$/.exec(written.trim());
      if (match && Number(match[1]) > 0) return parsed(Number(match[1]));
      const bare = /^\d+(\.\d+)?$/.test(written.trim()) ? Number(written) : 0;
      const fix = bare > 0 ? `${Math.round(bare <= 16 ? bare * 100 : bare)}%` : undefined;
      return notParsed("a percentage of one core, such as 80% or 150%", fix);
    },
    {
      pattern: String.raw`^\s*\d+(\.\d{1,2})?%\s*$`,
      description: "a percentage of one core, such as 150%",
    },
  );

/** "10 per 1h": a count within a window. */
export type Rate = { count: number; window: Duration };
const mostStarts = 10_000;

export const rate = () =>
  readFrom<Rate>(
    "spec/bad-rate",
    (written) => {
      const match = /^(\d+)\s+(?:per|in)\s+(.+)$/.exec(written.trim());
      const window = match ? parseDuration(match[2]!) : null;
      const count = Number(match?.[1]);
      if (window?.ok && window.value > 0 && window.value !== Infinity && count > 0 && count <= mostStarts)
        return parsed({ count, window: window.value });
      return notParsed('a count and a span of time, such as "10 per 1h"', guessRate(written.trim()));
    },
    {
      pattern: `^\\s*\\d+\\s+(per|in)\\s+${spanPattern}$`,
      description: 'a count and a span of time, such as "10 per 1h"',
    },
  );

function guessRate(written: string): string | undefined {
  const short = /^(\d{1,4})\s*\/\s*(\d*)([a-z]+)$/.exec(written);
  if (short) return `${short[1]} per ${short[2] || 1}${short[3]}`;
  return /^\d{1,4}$/.test(written) ? `${written} per 1h` : undefined;
}

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

/** A score of systemd-analyze security. 2.0 reaches us as text, because it would not print as it was written. */
export const score = () =>
  readFrom<number>(
    "spec/bad-number",
    (written) =>
      /^\d+(\.\d+)?$/.test(written) && Number(written) <= 10
        ? parsed(Number(written))
        : notParsed("a score from 0 to 10"),
    { numbers: true, pattern: "^\\d+(\\.\\d+)?$", description: "a score from 0 to 10" },
  );

export const fileMode = () =>
  readFrom<number>(
    "spec/bad-mode",
    (written) =>
      /^0?[0-7]{3,4}$/.test(written)
        ? parsed(Number.parseInt(written, 8))
        : notParsed('file permissions in octal, such as "0750"'),
    { numbers: true, pattern: "^0?[0-7]{3,4}$", description: 'file permissions in octal, such as "0750"' },
  );

/** What happens to a run whose time has passed. */
export type LateSpec = { kind: "run" } | { kind: "refuse"; after: Duration } | { kind: "ask" };

export const latePolicy = () =>
  readFrom<LateSpec>(
    "spec/bad-late",
    (written) => {
      const trimmed = written.trim();
      if (trimmed === "run" || trimmed === "ask") return parsed({ kind: trimmed });
      const match = /^(?:refuse after|run within)\s+(.+)$/.exec(trimmed);
      const after = match ? parseDuration(match[1]!) : null;
      if (after?.ok && after.value > 0 && after.value !== Infinity)
        return parsed({ kind: "refuse", after: after.value });
      return notParsed('run, ask, or "refuse after 15m"');
    },
    {
      pattern: `^\\s*(run|ask|(refuse after|run within)\\s+${spanPattern})\\s*$`,
      description: 'run, ask, or "refuse after 15m"',
    },
  );

/** "2m..3m": from here to there. */
export type Band = { from: Duration; to: Duration };

export const band = () =>
  readFrom<Band>(
    "spec/bad-band",
    (written) => {
      const [from, to] = written.split("..").map((part) => parseDuration(part));
      if (from?.ok && to?.ok && from.value <= to.value && to.value !== Infinity)
        return parsed({ from: from.value, to: to.value });
      return notParsed("two spans of time, the shorter one first, such as 2m..3m");
    },
    {
      pattern: `^\\s*${spanPattern}\\.\\.\\s*${spanPattern}$`,
      description: "two spans of time, such as 2m..3m",
    },
  );
