/** What is to be done about a service now, and why, in words that stand in the record. */
export type Decision =
  | { kind: "nothing"; why: string }
  /** What was seen is too old to act on, or the failure could be somebody else's: make these checks now, then decide again. */
  | { kind: "look-again"; checks: readonly string[]; why: string }
  | { kind: "heal"; act: "restart" | "reload" | "recycle"; cause: string; check: string; why: string }
  /** Budget spent, or too many crashes: the breaker opens. `stop` says whether the service is stopped. */
  | { kind: "open-breaker"; why: string; rearmAt: number | null; stop: boolean }
  /** Its time has come: one try. */
  | { kind: "try-again"; why: string }
  | { kind: "close-breaker"; why: string }
  /** Long enough in good health: systemd's own counters start anew. */
  | { kind: "forget-crashes"; why: string };
