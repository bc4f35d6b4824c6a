/** Thrown within the parser, never out of it: where reading cannot go on, and what was expected there. */
export class Misread extends Error {
  readonly at: number;
  readonly expected: string;

  constructor(at: number, expected: string) {
    super(expected);
    this.at = at;
    this.expected = expected;
  }
}

/** A position in a text. */
export type Scanner = {
  at: number;
  readonly isAtEnd: () => boolean;
  /** Goes past `literal` if it comes next. */
  readonly take: (literal: string) => boolean;
  /** Goes past what a sticky pattern matches here; null if it does not. */
  readonly match: (sticky: RegExp) => string | null;
  readonly isAt: (sticky: RegExp) => boolean;
};

export function makeScanner(text: string): Scanner {
  const find = (sticky: RegExp) => {
    sticky.lastIndex = scanner.at;
    return sticky.exec(text)?.[0] ?? null;
  };
  const scanner: Scanner = {
    at: 0,
    isAtEnd: () => scanner.at === text.length,
    take: (literal) => {
      const found = text.startsWith(literal, scanner.at);
      if (found) scanner.at += literal.length;
      return found;
    },
    match: (sticky) => {
      const found = find(sticky);
      scanner.at += found?.length ?? 0;
      return found;
    },
    isAt: (sticky) => find(sticky) !== null,
  };
  return scanner;
}
