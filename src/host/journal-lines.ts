/** What is kept of a line, in bytes: of one that is longer, the middle is dropped. */
type Limit = { head: number; tail: number };
const usualLimit: Limit = { head: 1024 * 1024, tail: 64 * 1024 };

/** Splits the output of `journalctl -o json` into lines with bounded memory, whatever a service puts into its log. */
export async function* journalLines(
  chunks: AsyncIterable<Buffer>,
  limit = usualLimit,
): AsyncGenerator<string, void, undefined> {
  let line = new BoundedLine(limit);
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      line.add(chunk.subarray(start, end));
      yield line.text();
      line = new BoundedLine(limit);
      start = end + 1;
    }
    if (start < chunk.length) line.add(chunk.subarray(start));
  }
  // What is left has no newline: journalctl was ended in the middle of an entry.
}

class BoundedLine {
  readonly #limit: Limit;
  readonly #head: Buffer[] = [];
  #size = 0;
  #tail: Buffer = Buffer.alloc(0);
  #dropped = false;

  constructor(limit: Limit) {
    this.#limit = limit;
  }

  add(part: Buffer): void {
    const kept = part.subarray(0, this.#limit.head - this.#size);
    this.#head.push(kept);
    this.#size += kept.length;
    if (kept.length === part.length) return;
    const rest = Buffer.concat([this.#tail, part.subarray(kept.length)]);
    this.#dropped ||= rest.length > this.#limit.tail;
    this.#tail = rest.subarray(-this.#limit.tail);
  }

  text(): string {
    if (!this.#dropped) return Buffer.concat([...this.#head, this.#tail]).toString("utf8");
    return joinCut(Buffer.concat(this.#head).toString("utf8"), this.#tail.toString("utf8"));
  }
}

/**
 * Makes JSON of an entry whose middle is missing: the value that the cut goes through ends there, and the fields after
 * it follow. A comma and a quoted key with its colon are never inside a value, because a quote in a JSON text has a
 * backslash before it. The order of fields is random.
 */
function joinCut(head: string, tail: string): string {
  const border = tail.search(/,"[A-Z0-9_]+":/);
  const rest = border === -1 ? "}" : tail.slice(border);
  const mended = endings(head).map((start) => start + rest);
  return mended.find(isJson) ?? head + tail;
}

/** The ways in which a head may have been cut, from the one that is certain to the ones that are tried. */
function endings(head: string): string[] {
  const inKey = head.replace(/,"[A-Z0-9_]*(":?)?$/, "");
  const inText = `${head}"`;
  // In an escape sequence: a lone backslash, or up to four digits missing of "\u0000".
  const inEscape = `${head.replace(/\\(u[0-9a-f]{0,3})?$/i, "")}"`;
  const inBytes = `${head.slice(0, head.lastIndexOf(","))}]`;
  return [head, inKey, inText, inEscape, inBytes];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
