import type { Host } from "../host/host.ts";
import type { Desired } from "../plan/desired.ts";
import type { Progress } from "../report/progress.ts";

/** What every step needs: the door to the host, what is wanted, a voice, and a way to be interrupted. */
export type ApplyContext = {
  host: Host;
  /** null when everything is removed. */
  desired: Desired | null;
  progress: Progress;
  /** Aborted by SIGINT or SIGTERM; looked at between steps and while waiting. */
  signal: AbortSignal;
  /** Time of the change, for what is recorded. */
  now: () => Date;
  /** When the change began: what a service wrote before says nothing about it. */
  began?: Date;
};
