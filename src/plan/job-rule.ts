/** What happens to a run whose slot has passed, as after a late boot. */
export type LatePolicy = { kind: "run" } | { kind: "refuse"; after: number } | { kind: "ask" };

/** All that decides whether a job may run; kept small, because it is read at every start. Times in milliseconds. */
export type JobRule = {
  app: string;
  job: string;
  /** Its unit, where that has not the name that Holdfast gives. */
  unit?: string;
  /** Calendar expressions as systemd normalizes them, each with its zone; empty for a job that only people start. */
  slots: readonly string[];
  zone: string;
  /** Name of a trading calendar, and dates declared on top of it; null runs on every day of the schedule. */
  calendar: { base: string; closed: readonly string[]; half: Readonly<Record<string, string>> } | null;
  needs: readonly string[];
  /** As before Holdfast: a success counts for no slot, so no start is one too many. */
  everyStart?: true;
  late: LatePolicy;
  timeout: number;
  expect: { from: number; to: number } | null;
  critical: boolean;
  /** What to do when the record or the calendar cannot answer. */
  unsure: "refuse" | "run";
};
