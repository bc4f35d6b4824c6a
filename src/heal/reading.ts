/**
 * What a check found. unknown: it could not look (no permission, no resolver, no memory controller), which is never a
 * failure. skipped: it was not to look now (starting, out of hours, stopped on purpose).
 */
export type Result = "ok" | "fail" | "unknown" | "skipped";

/** One look of one check, with what was measured and what it was held against. */
export type Reading = {
  result: Result;
  /** The measured value in the unit of the limit: seconds, bytes, a count, a status; null when there is none. */
  value: number | string | null;
  limit: number | string | null;
  /** One sentence without a subject, such as "the last line is 312 s old, over 300 s". No secrets, no control characters. */
  says: string;
  /** What the check wants to be given at its next look, such as the last block height; small, plain data. */
  kept?: Kept;
  /** Without any event before it, the result changes at this moment (milliseconds since the epoch): look again then. */
  dueAt?: number;
  /** What the look took, in milliseconds. */
  took?: number;
};

export type Kept = { readonly [key: string]: KeptValue };
export type KeptValue = string | number | boolean | null | readonly KeptValue[] | Kept;
