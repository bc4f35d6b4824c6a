declare const brand: unique symbol;

/** A point in time in microseconds since 1970-01-01 UTC, systemd's own resolution; exact in a number until the year 2255. */
export type Instant = number & { readonly [brand]: "Instant" };

export function instantOf(micros: number): Instant {
  return micros as Instant;
}

export function instantOfMillis(millis: number): Instant {
  return Math.round(millis * 1000) as Instant;
}

export function millisOf(instant: Instant): number {
  return instant / 1000;
}
