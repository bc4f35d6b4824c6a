import type { LineRule } from "../../compile/watch-rule.ts";
import { compileMatch, type Matcher } from "./match.ts";
import { WindowCount, type Counted } from "./window-count.ts";

export type TallyOptions = {
  /** Lines before this moment are not known, so that "none" means nothing for that time. -Infinity: all are known. */
  seenFrom?: number;
  /** How many of the newest lines keep their own time; 64 when not given. */
  exact?: number;
};

/** What a tally has counted, as plain data. */
export type Counts = { newest: number | null; seenFrom: number; least: Counted; most: Counted };

/**
 * Counts the lines that match, by their time; bounded whatever comes in: about 2 KiB for each window of the rule. Times
 * in milliseconds since the epoch. Throws when the pattern cannot be used (see compileMatch).
 */
export class LineTally {
  readonly rule: LineRule;
  readonly least: WindowCount | null;
  readonly most: WindowCount | null;
  newest: number | null = null;
  seenFrom: number;
  readonly level: number;
  readonly #matches: Matcher | null;

  constructor(rule: LineRule & { level?: number }, options: TallyOptions = {}, counts?: Counts) {
    const { seenFrom = -Infinity, exact = 64 } = options;
    this.rule = rule;
    this.level = rule.level ?? 7;
    this.#matches = rule.match === null ? null : compileMatch(rule.match);
    const window = (limit: LineRule["atLeast"], counted?: Counted) =>
      limit && new WindowCount(limit.window, exact, counted);
    this.least = window(rule.atLeast, counts?.least);
    this.most = window(rule.atMost, counts?.most);
    this.newest = counts?.newest ?? null;
    this.seenFrom = counts?.seenFrom ?? seenFrom;
  }

  /** `level` is that of syslog(3), 0 to 7. */
  add(time: number, text: string, level: number): void {
    if (this.counts(text, level)) this.addMatches(time, 1);
  }

  /** Is this one of the lines that are counted? */
  counts(text: string, level: number): boolean {
    return level <= this.level && (this.#matches === null || this.#matches(text));
  }

  /** So many lines that count. */
  addMatches(time: number, count: number): void {
    this.newest = time;
    this.least?.add(time, count);
    this.most?.add(time, count);
  }

  /** The clock was set by so much, and all that is known with it. */
  shift(millis: number): void {
    if (this.newest !== null) this.newest += millis;
    this.seenFrom += millis;
    this.least?.shift(millis);
    this.most?.shift(millis);
  }

  /** Nothing is newer than now: a line that claims it was written before the clock was set back. */
  notAfter(now: number): void {
    if (this.newest !== null) this.newest = Math.min(this.newest, now);
    this.seenFrom = Math.min(this.seenFrom, now);
    this.least?.notAfter(now);
    this.most?.notAfter(now);
  }

  counted(): Counts {
    const { newest, seenFrom, least, most } = this;
    return { newest, seenFrom, least: least?.counted() ?? [], most: most?.counted() ?? [] };
  }
}
