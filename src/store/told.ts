import type { WatchEvent } from "../heal/watch-event.ts";
import type { RunResult } from "./run-result.ts";

/** A run that has ended, or did not happen. */
export type ToldRun = { app: string; job: string; result: RunResult; reason: string; at: number };

/** A unit that systemd does not start again. */
export type ToldGiveUp = { app: string; unit: string; says: string; at: number };

/** How a service does in its probation: a failure is told, and a new probation or a good end of it ends that. */
export type ToldProbation = {
  app: string;
  service: string;
  state: "running" | "passed" | "failed";
  says: string;
  at: number;
};

/**
 * Who makes alerts of what is recorded. Called within the transaction that records it, so that both are written or neither.
 */
export type Told = {
  event(event: WatchEvent): void;
  run(run: ToldRun): void;
  gaveUp(giveUp: ToldGiveUp): void;
  gaveUpNoMore(giveUp: ToldGiveUp): void;
  probation(probation: ToldProbation): void;
};

/** For records that nobody is told of. */
export const untold: Told = {
  event: () => {},
  run: () => {},
  gaveUp: () => {},
  gaveUpNoMore: () => {},
  probation: () => {},
};
