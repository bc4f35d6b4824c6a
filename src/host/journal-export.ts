import type { Scope } from "./host.ts";

/** One line of a log, as the follower needs it. */
export type ExportedLine = {
  /** Of _SYSTEMD_UNIT=, or of _SYSTEMD_USER_UNIT= in user scope. */
  unit: string;
  /** Milliseconds since the epoch, as journald received it. */
  time: number;
  priority: number;
  /** Cut after 16 KiB. */
  message: string;
};

/** What to ask of journalctl for this reader; times come by themselves. */
export function exportedFields(scope: Scope): string {
  return `MESSAGE,PRIORITY,${unitField(scope)}`;
}

/** A user's unit is one process of user@.service for the system; each scope has its own field (systemd.journal-fields(7)). */
export function unitField(scope: Scope): string {
  return scope === "user" ? "_SYSTEMD_USER_UNIT" : "_SYSTEMD_UNIT";
}

const longestMessage = 16 * 1024;
const newline = 10;
const equals = 61;
const zero = 48;

/**
 * Reads `journalctl -o export` (systemd's Journal Export Format): lines KEY=value, or KEY, a length of eight bytes and so
 * many bytes of data; an entry ends with an empty line. Half the work of JSON for journalctl, and text is made of the bytes of wanted
 * lines only. Keeps no more than one short field that is not complete.
 */
export class JournalExportReader {
  readonly #take: (line: ExportedLine) => void;
  /** Is anybody interested in this unit? Names come again and again, so each is made once. */
  readonly #wants: (unit: string) => boolean;
  #rest: Buffer = Buffer.alloc(0);
  /** Of a field with a length: what is still to come, its key, and what was kept of it. */
  #binary: { key: string; left: number; kept: Buffer[]; size: number } | null = null;
  #unit = "";
  #time = 0;
  #priority = 6;
  #message: Buffer | null = null;

  constructor(wants: (unit: string) => boolean, take: (line: ExportedLine) => void) {
    this.#wants = wants;
    this.#take = take;
  }

  /** The latest entry's time, wanted or not. */
  latest = 0;

  add(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      if (this.#binary) {
        at = this.#addBinary(bytes, at);
        if (this.#binary) break;
        continue;
      }
      const end = bytes.indexOf(newline, at);
      if (end === -1) break;
      if (end === at) {
        this.#finish();
        at = end + 1;
        continue;
      }
      const begun = this.#field(bytes, at, end);
      if (begun === -1) break;
      at = begun;
    }
    // A copy: otherwise a few bytes would keep the whole chunk.
    this.#rest = at === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
    // A text field is at most 64 KiB or so (journald gives longer ones a length); whatever this is, it is not kept.
    if (this.#binary === null && this.#rest.length > 1024 * 1024) this.#rest = Buffer.alloc(0);
  }

  /** Returns where the next field begins; -1 when the length of a field with a length is not there yet. */
  #field(bytes: Buffer, start: number, end: number): number {
    switch (bytes[start]) {
      case 95: // "_"
        // __REALTIME_TIMESTAMP=, and the field of the unit; the others are __CURSOR, __MONOTONIC_TIMESTAMP, _BOOT_ID.
        if (bytes[start + 2] === 82) this.#time = readNumber(bytes, start + 21, end) / 1000;
        else if (bytes[start + 1] === 83)
          this.#unit = bytes.toString("latin1", bytes.indexOf(equals, start) + 1, end);
        return end + 1;
      case 80: // PRIORITY=
        if (bytes[start + 8] === equals) this.#priority = bytes[start + 9]! - zero;
        return end + 1;
      case 77: // MESSAGE= or MESSAGE and a length
        if (bytes[start + 7] === equals) {
          this.#message = bytes.subarray(start + 8, Math.min(end, start + 8 + longestMessage));
          return end + 1;
        }
    }
    // No "=" before the newline: the length follows.
    const assigned = bytes.indexOf(equals, start);
    if (assigned !== -1 && assigned < end) return end + 1;
    if (bytes.length < end + 9) return -1;
    const key = bytes.toString("latin1", start, end);
    this.#binary = { key, left: Number(bytes.readBigUInt64LE(end + 1)), kept: [], size: 0 };
    return end + 9;
  }

  #addBinary(bytes: Buffer, at: number): number {
    const binary = this.#binary!;
    const part = bytes.subarray(at, at + binary.left);
    if (binary.key === "MESSAGE" && binary.size < longestMessage) {
      const kept = Buffer.from(part.subarray(0, longestMessage - binary.size));
      binary.kept.push(kept);
      binary.size += kept.length;
    }
    binary.left -= part.length;
    // After the data comes one more newline.
    if (binary.left > 0 || at + part.length >= bytes.length) return bytes.length;
    if (binary.key === "MESSAGE") this.#message = Buffer.concat(binary.kept);
    this.#binary = null;
    return at + part.length + 1;
  }

  #finish(): void {
    if (this.#time > 0) this.latest = this.#time;
    if (this.#message !== null && this.#unit !== "" && this.#wants(this.#unit))
      this.#take({
        unit: this.#unit,
        time: this.#time,
        priority: this.#priority,
        message: this.#message.toString("utf8"),
      });
    this.#unit = "";
    this.#time = 0;
    this.#priority = 6;
    this.#message = null;
  }
}

function readNumber(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 10 + bytes[at]! - zero;
  return value;
}
