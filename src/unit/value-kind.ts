/** How systemd reads the values of a directive. */
export type ValueKind = {
  /** For people: "yes or no", "a span of time such as 30s or 5min". */
  expected: string;
  /** The words that may be written, when there are only such. */
  words?: readonly string[];
  reads(value: string, systemd: number): boolean;
};
