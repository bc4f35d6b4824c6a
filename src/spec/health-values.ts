import * as v from "valibot";
import { parseDuration } from "../value/duration.ts";
import { makeLinearPattern } from "../value/linear-pattern.ts";
import { notParsed, parsed } from "../value/parsed.ts";
import { parseSize } from "../value/size.ts";
import { issueMessage } from "./key-doc.ts";
import { readFrom } from "./read-values.ts";

/** Opens after so many bad results among the last so many. */
export type Tally = { count: number; of: number };

/** "3" in a row, or "4 of 6". */
export const tally = () =>
  readFrom<Tally>(
    "spec/bad-tally",
    (written) => {
      const match = /^(\d+)(?:\s+of\s+(\d+))?$/.exec(written.trim());
      const count = Number(match?.[1]);
      const of = Number(match?.[2] ?? match?.[1]);
      return count >= 1 && of >= count && of <= 64
        ? parsed({ count, of })
        : notParsed('how many bad results in a row, such as 3, or "4 of 6"; at most 64');
    },
    {
      numbers: true,
      pattern: String.raw`^\s*\d+(\s+of\s+\d+)?\s*$`,
      description: 'how many bad results in a row, such as 3, or "4 of 6"',
    },
  );

/** A part of what there is (0 to 1), or bytes. */
export type Share = { share: number } | { bytes: number };

/** "80%" of the limit that applies, or a size. */
export const share = () =>
  readFrom<Share>(
    "spec/bad-share",
    (written) => {
      const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(written.trim());
      if (match)
        return Number(match[1]) > 0 && Number(match[1]) <= 100
          ? parsed({ share: Number(match[1]) / 100 })
          : notParsed("a percentage from 0 to 100");
      const size = parseSize(written);
      if (size.ok && size.value > 0 && size.value !== Infinity) return parsed({ bytes: size.value });
      return notParsed("a percentage such as 80%, or a size such as 512M");
    },
    {
      pattern: String.raw`^\s*(\d+(\.\d+)?\s*%|\d+(\.\d+)?\s*[KMGTkmgt])\s*$`,
      description: "a percentage such as 80%, or a size such as 512M",
    },
  );

/** Growth: bytes within a window. */
export type Growth = { bytes: number; window: number };

/** "100M per 1h". */
export const growth = () =>
  readFrom<Growth>(
    "spec/bad-growth",
    (written) => {
      const [amount = "", window = ""] = written.split(/\s+per\s+/);
      const [bytes, span] = [parseSize(amount), parseDuration(window)];
      if (bytes.ok && span.ok && span.value > 0 && span.value !== Infinity && bytes.value !== Infinity)
        return parsed({ bytes: bytes.value, window: span.value });
      return notParsed('a size and a span of time, such as "100M per 1h"');
    },
    {
      pattern: String.raw`^\s*\S+\s+per\s+\S+\s*$`,
      description: 'a size and a span of time, such as "100M per 1h"',
    },
  );

/** Hours of a day in minutes from midnight; `to` may lie before `from`, past midnight. */
export type Hours = { from: number; to: number };

/** "09:30..16:00". */
export const hours = () =>
  readFrom<Hours>(
    "spec/bad-hours",
    (written) => {
      const match = /^(\d{2}):(\d{2})\s*\.\.\s*(\d{2}):(\d{2})$/.exec(written.trim());
      const [from = NaN, to = NaN] = match
        ? [Number(match[1]) * 60 + Number(match[2]), Number(match[3]) * 60 + Number(match[4])]
        : [];
      const right =
        from < 1440 && to <= 1440 && from !== to && Number(match![2]) < 60 && Number(match![4]) < 60;
      return right ? parsed({ from, to }) : notParsed("two times of day, such as 09:30..16:00");
    },
    {
      pattern: String.raw`^\s*\d{2}:\d{2}\s*\.\.\s*\d{2}:\d{2}\s*$`,
      description: "two times of day, such as 09:30..16:00",
    },
  );

/** A regular expression that can be matched in linear time, so that no line of a log can make it slow. */
export const pattern = () =>
  v.pipe(
    v.string(issueMessage("spec/bad-pattern", "a regular expression")),
    v.check(
      (text) => problemOf(text) === null,
      ({ input }) =>
        issueMessage("spec/bad-pattern", `a regular expression of JavaScript; ${problemOf(input)}`),
    ),
  );

/** Why a pattern cannot be taken, in words; null when it can. */
export function problemOf(text: string): string | null {
  if (text === "") return "it is empty and matches everything";
  const made = makeLinearPattern(text);
  if (made.ok) return null;
  return made.expected.replace(/^Invalid regular expression: .*: (?=[^:]*$)/s, "it cannot be read: ");
}

/** host:port, with [brackets] around an IPv6 address. */
export type Endpoint = { host: string; port: number };

export const endpoint = () =>
  readFrom<Endpoint>(
    "spec/bad-endpoint",
    (written) => {
      const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9_.-]+)|):?(\d{1,5})$/.exec(written.trim());
      const port = Number(match?.[3]);
      if (!match || port < 1 || port > 65_535 || /^\d+$/.test(match[2] ?? ""))
        return /^\d{1,5}$/.test(written.trim()) && Number(written) >= 1 && Number(written) <= 65_535
          ? parsed({ host: "127.0.0.1", port: Number(written) })
          : notParsed("a port, or host:port such as api.example.org:443");
      return parsed({ host: match[1] ?? match[2] ?? "127.0.0.1", port });
    },
    {
      numbers: true,
      pattern: String.raw`^\s*(\[[0-9a-fA-F:.]+\]:|[A-Za-z0-9_.-]+:)?\d{1,5}\s*$`,
      description: "a port, or host:port such as api.example.org:443",
    },
  );
