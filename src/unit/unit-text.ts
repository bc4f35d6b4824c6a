import { isUtf8 } from "node:buffer";

/** Bytes that are no UTF-8 become lone surrogates U+DC80 to U+DCFF (as in PEP 383), so that nothing is lost on the way back. */
const escape = 0xdc00;

/** The text of a unit file; any bytes can be read, and `encodeUnit` gives the same bytes back. */
export function decodeUnit(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  const parts: string[] = [];
  let from = 0;
  while (from < bytes.length) {
    let end = bytes.indexOf(10, from);
    end = end === -1 ? bytes.length : end + 1;
    parts.push(decodeLine(bytes.subarray(from, end)));
    from = end;
  }
  return parts.join("");
}

/** The bytes that `decodeUnit` had. */
export function encodeUnit(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, "utf8");
  const parts = text
    .split(/([\udc80-\udcff]+)/u)
    .map((part, index) =>
      index % 2 === 0
        ? Buffer.from(part, "utf8")
        : Buffer.from(Array.from(part, (char) => char.charCodeAt(0) - escape)),
    );
  return Buffer.concat(parts);
}

function decodeLine(line: Buffer): string {
  if (isUtf8(line)) return line.toString("utf8");
  let text = "";
  let at = 0;
  while (at < line.length) {
    const length = sequenceLength(line[at]!);
    const piece = line.subarray(at, at + length);
    if (length > 0 && piece.length === length && isUtf8(piece)) {
      text += piece.toString("utf8");
      at += length;
    } else {
      text += String.fromCharCode(escape + line[at]!);
      at += 1;
    }
  }
  return text;
}

/** How long the UTF-8 sequence is that this byte begins (RFC 3629); 0 when it cannot begin one. */
function sequenceLength(byte: number): number {
  if (byte < 0x80) return 1;
  if (byte < 0xc2) return 0;
  if (byte < 0xe0) return 2;
  if (byte < 0xf0) return 3;
  return byte < 0xf5 ? 4 : 0;
}
