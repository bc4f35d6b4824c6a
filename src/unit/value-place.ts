import type { Assignment, UnitFile } from "./unit-file.ts";

/** A stretch of a value that stands in one physical line: its offset in the joined text, and in the file. */
type Piece = { joined: number; source: number; length: number };

/**
 * Where a character of a value stands in its file: the value has no backslashes, line ends and comments of a continued line
 * any more (parseUnit), and the file has. Offsets into the value go in, offsets into the file's text come out.
 */
export function valuePlace(file: UnitFile, assignment: Assignment): (index: number) => number {
  const { start, end, lines } = assignment;
  const raw = file.text.slice(start, end);
  const equals = raw.indexOf("=");
  const blank = /^[ \t]*/.exec(raw.slice(equals + 1))![0].length;
  if (lines === 1) return (index) => start + equals + 1 + blank + index;
  const pieces = piecesOf(raw);
  const text = pieces.map(({ source, length }) => raw.slice(source, source + length)).join(" ");
  const before = text.indexOf("=") + 1;
  const from = before + /^[ \t]*/.exec(text.slice(before))![0].length;
  return (index) => {
    const at = from + index;
    const piece = pieces.findLast(({ joined }) => joined <= at) ?? pieces[0]!;
    return start + piece.source + Math.min(at - piece.joined, piece.length);
  };
}

function piecesOf(raw: string): Piece[] {
  const pieces: Piece[] = [];
  let joined = 0;
  for (const { 0: line, index } of raw.matchAll(/[^\r\n\0]+/g)) {
    const source = index + /^[ \t]*/.exec(line)![0].length;
    if (pieces.length > 0 && /[#;]/.test(raw[source] ?? "")) continue;
    const length = index + line.length - source - (/(?:^|[^\\])(?:\\\\)*\\$/.test(line) ? 1 : 0);
    pieces.push({ joined, source, length });
    // The backslash becomes a blank.
    joined += length + 1;
  }
  return pieces;
}
