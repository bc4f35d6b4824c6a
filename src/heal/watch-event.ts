/** What happened, in the order it did; the raw material of alerts, incidents and reports. */
export type EventKind =
  | "check-failing"
  | "check-recovered"
  | "check-unknown"
  | "check-flapping"
  | "check-calm"
  | "check-changed"
  | "heal-begun"
  | "heal-ended"
  | "breaker-opened"
  | "breaker-half-open"
  | "breaker-closed"
  | "restarted-by-systemd"
  | "crashes-forgotten"
  | "audit-found"
  | "audit-over"
  | "agent-started"
  | "agent-was-away";

export type WatchEvent = {
  at: number;
  app: string;
  service: string | null;
  kind: EventKind;
  check: string | null;
  /** One sentence; no secrets. */
  says: string;
  /** Figures for programs: value, limit, cause, pid, count in the window. */
  data: Readonly<Record<string, unknown>> | null;
};
