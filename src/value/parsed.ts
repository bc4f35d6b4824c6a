/** Outcome of reading a value from text: the value, or what was expected and, when it can be guessed, the right spelling. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; expected: string; fix?: string };

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function notParsed(expected: string, fix?: string): Parsed<never> {
  return fix === undefined ? { ok: false, expected } : { ok: false, expected, fix };
}
