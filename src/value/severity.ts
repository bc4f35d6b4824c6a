/**
 * Named as PagerDuty's, so that no mapping is needed. critical wakes somebody; error is for today; warning is for a chat or
 * the digest; info is for the timeline.
 */
export const severities = ["critical", "error", "warning", "info"] as const;

export type Severity = (typeof severities)[number];

/** Is `a` worse than `b`? */
export function isWorse(a: Severity, b: Severity): boolean {
  return severities.indexOf(a) < severities.indexOf(b);
}

/** The worst of some; null of none. */
export function worstOf(list: readonly Severity[]): Severity | null {
  return severities.find((severity) => list.includes(severity)) ?? null;
}
