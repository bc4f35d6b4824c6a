/** Every way a run can end or not happen. Each is recorded with its reason; none is silent. */
export type RunResult =
  | "running"
  | "succeeded"
  | "failed"
  | "timed-out"
  | "lost"
  | "cancelled"
  | "blocked"
  | "closed-day"
  | "too-late"
  | "already-done"
  | "still-running"
  | "paused"
  | "missed"
  | "unsure";
