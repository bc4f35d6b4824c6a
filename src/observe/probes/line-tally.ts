import type { LineRule } from "../../compile/watch-rule.ts";

/** Counts the lines that match, by their time; bounded whatever comes in. Times in milliseconds since the epoch. */
export interface LineTally {
  readonly rule: LineRule;
  add(time: number, text: string, level: number): void;
}
