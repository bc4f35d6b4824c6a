import type { Field, Range } from "./calendar-expression.ts";

export function matches(field: Field, value: number): boolean {
  if (field.length === 0) return true;
  return field.some(({ start, stop, step }) => {
    if (step === 0) return value === start;
    return value >= start && (stop === null || value <= stop) && (value - start) % step === 0;
  });
}

/** All values of the field in order. */
export function valuesOf(field: Field, lowest: number, highest: number): number[] {
  if (field.length === 0) return Array.from({ length: highest - lowest + 1 }, (_, i) => lowest + i);
  const values = new Set<number>();
  for (const { start, stop, step } of field)
    for (let value = start; value <= (stop ?? (step === 0 ? start : highest)); value += step || 1)
      values.add(value);
  return [...values].sort((a, b) => a - b);
}

/** Days counted from the end of a month as days counted from its start; steps go up all the same. */
export function countFromStart(field: Field, length: number): Field {
  return field.map(({ start, stop, step }) =>
    stop === null
      ? { start: length + 1 - start, stop, step }
      : { start: length + 1 - stop, stop: length + 1 - start, step },
  );
}

/** The order of systemd's normalized form. */
export function compareRanges(a: Range, b: Range): number {
  return a.start - b.start || (a.stop ?? -1) - (b.stop ?? -1) || a.step - b.step;
}
