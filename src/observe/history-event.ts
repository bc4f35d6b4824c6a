/** One thing that happened to an application, whoever did it. */
export type HistoryEvent = {
  at: string;
  kind:
    | "change"
    | "action"
    | "end"
    | "give-up"
    | "heal"
    | "breaker"
    | "check"
    | "restart"
    | "watch"
    | "audit";
  service: string | null;
  /** null when nobody did it on purpose. */
  who: string | null;
  what: string;
  /** How it went: "applied", "undone", "open"; the result of an action; the reason of an end. */
  outcome: string | null;
  /** Why it was done, or why it failed. */
  why: string | null;
  generation: number | null;
  /** Figures for programs. */
  data?: Readonly<Record<string, unknown>>;
};
