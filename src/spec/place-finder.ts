import type { Place } from "../report/diagnostic.ts";
import type { Span } from "./tree.ts";

export type PlaceFinder = (span: Span) => Place;

/** Turns offsets into lines and columns; the line ends are looked for once. */
export function placeFinder(text: string, file: string): PlaceFinder {
  const lineStarts = [0];
  for (let i = text.indexOf("\n"); i !== -1; i = text.indexOf("\n", i + 1)) lineStarts.push(i + 1);
  return ({ start, end }) => {
    let low = 0;
    for (let high = lineStarts.length; high - low > 1;) {
      const middle = (low + high) >> 1;
      if (lineStarts[middle]! <= start) low = middle;
      else high = middle;
    }
    return { file, line: low + 1, column: start - lineStarts[low]! + 1, length: Math.max(1, end - start) };
  };
}
