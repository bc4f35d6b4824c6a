import type { Bench } from "./bench.ts";

/** A supervisor that keeps copies of the same small app alive, on the one host that all of them share. */
export type Peer = {
  /** With its version. */
  readonly name: string;
  /** What was chosen where the peer leaves a choice. */
  readonly setting: string;
  /** Milliseconds between two of its looks, over which trials are spread so that no moment is favoured; 0 when the kernel tells it. */
  readonly cycle: number;
  /** Copies of the app that are frozen, how often each, and how many crashes there are in all; 0: it is here for its freezes only. */
  readonly trials: { readonly frozen: number; readonly rounds: number; readonly crashes: number };
  /** How long a frozen app is watched before the answer is "never". */
  readonly patience: number;
  /** Starts that many apps and says their names. */
  start(count: number): Promise<readonly string[]>;
  /** Starts more copies for the freezes and says their names, where one that was frozen before is judged in another way. */
  startToFreeze?(): Promise<readonly string[]>;
  pid(app: string): Promise<number>;
  /** In the peer's own word. */
  state(app: string): Promise<string>;
  /** When it knew that the app was frozen; null when it still did not at the end of its patience. */
  waitDetected(app: string, frozenAt: number): Promise<number | null>;
  /** The processes that stay resident to supervise, in words and by their numbers. */
  readonly resident: string;
  daemons(): Promise<readonly number[]>;
  /** Only where work is done by processes that do not stay. */
  shortLivedCpuSeconds?(): Promise<number>;
  stop(): Promise<void>;
};

/** Crashes of the two that are held against each other to the percent. */
export const closeTrials = 200;

/** What is installed outside, where registries are, and then used inside, where they are not. */
export type Installed = (bench: Bench) => Peer;

/** A peer that this machine cannot get. */
export class CannotInstall extends Error {}
