/** What happens to a run whose slot has passed, as after a late boot. */
export type LatePolicy = { kind: "run" } | { kind: "refuse"; after: number } | { kind: "ask" };

/** All that decides whether a job may run; kept small, because it is read at every start. Times in milliseconds. */
export type JobRule = {
  app: string;
  job: string;
  /** Calendar expressions as systemd normalizes them, each with its zone; empty for a job that only people start. */
  slots: readonly string[];
  zone: string;
  /** Name of a trading calendar, and dates declared on top of it; null runs on every day of the schedule. */
  calendar: { base: string; closed: readonly string[]; half: Readonly<Record<string, string>> } | null;
  needs: readonly string[];
  late: LatePolicy;
  timeout: number;
  expect: { from: number; to: number } | null;
  critical: boolean;
  /** What to do when the record or the calendar cannot answer. */
  unsure: "refuse" | "run";
};
