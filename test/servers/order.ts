/** What a server is told to do with the next messages. */
export type Order =
  | "ok"
  /** Takes the message and never answers. */
  | "hang"
  /** Wants to be asked again in seven seconds; "429-date": at a date. */
  | "429"
  | "429-date"
  | "500"
  | "401"
  /** Takes the message and closes the connection without an answer. */
  | "drop"
  /** Closes the connection before anything is read. */
  | "drop-before"
  /** Answers a byte at a time, for ever: its head, or what comes after a good status. */
  | "drip-head"
  | "drip"
  /** Answers well, and then goes on for a gigabyte. */
  | "huge"
  /** Answers in no known language. */
  | "garbage";

/** What "429" asks for, in seconds. */
export const retryAfter = 7;
/** What "429-date" asks for. */
export const retryDate = "Fri, 01 Jan 2027 00:00:00 GMT";

/** A message as it came in. */
export type Received = {
  /** Milliseconds since the epoch, with fractions. */
  at: number;
  /** What the first part of the path names, such as "telegram"; "smtp" for mails. */
  provider: string;
  method: string;
  /** Without the provider. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string;
};

/** Now, finer than a millisecond. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}
