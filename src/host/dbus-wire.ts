/**
 * The wire format of D-Bus (D-Bus Specification, "Marshaling"): only what systemd and the bus use of it. Values are in
 * plain form: 64-bit numbers are bigint, structs and arrays are arrays, dictionaries are objects, variants their value.
 */

/** What a reader of dictionaries wants; the values of other keys are skipped without being made. */
export type WantedKeys = ReadonlySet<string> | null;

export class MalformedMessage extends Error {}

/** An array may be 64 MiB long, and containers may be nested 64 deep; the signature limits the depth except for variants. */
const longestArray = 64 * 1024 * 1024;
const deepest = 64;

/** Splits a signature into its complete types: "sa{sv}as" -> ["s", "a{sv}", "as"]. */
export function completeTypes(signature: string): readonly string[] {
  const known = splitSignatures.get(signature);
  if (known) return known;
  const types: string[] = [];
  for (let start = 0; start < signature.length;) {
    const end = endOfType(signature, start, 0);
    types.push(signature.slice(start, end));
    start = end;
  }
  if (splitSignatures.size < 500) splitSignatures.set(signature, types);
  return types;
}

const splitSignatures = new Map<string, readonly string[]>();

function endOfType(signature: string, start: number, depth: number): number {
  if (depth > deepest) throw new MalformedMessage("a signature is nested too deeply");
  const code = signature[start];
  if (code === undefined) throw new MalformedMessage(`"${signature}" is no signature`);
  if (code === "a") return endOfType(signature, start + 1, depth + 1);
  const close = code === "(" ? ")" : code === "{" ? "}" : null;
  if (close === null) return start + 1;
  let at = start + 1;
  while (signature[at] !== close) at = endOfType(signature, at, depth + 1);
  return at + 1;
}

const alignments: Readonly<Record<string, number>> = {
  y: 1,
  g: 1,
  v: 1,
  n: 2,
  q: 2,
  b: 4,
  i: 4,
  u: 4,
  h: 4,
  s: 4,
  o: 4,
  a: 4,
  x: 8,
  t: 8,
  d: 8,
  "(": 8,
  "{": 8,
};

function alignmentOf(type: string): number {
  const alignment = alignments[type[0]!];
  if (alignment === undefined) throw new MalformedMessage(`there is no type "${type[0]}"`);
  return alignment;
}

const fixedSizes: Readonly<Record<string, number>> = {
  y: 1,
  n: 2,
  q: 2,
  b: 4,
  i: 4,
  u: 4,
  h: 4,
  x: 8,
  t: 8,
  d: 8,
};

/** Reads values one after the other; throws MalformedMessage when they are not what the signature says. */
export class WireReader {
  readonly #bytes: Buffer;
  readonly #little: boolean;
  readonly #end: number;
  at: number;

  constructor(bytes: Buffer, little: boolean, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#little = little;
    this.at = at;
    this.#end = end;
  }

  /** All values of a signature. Of a dictionary in it, or in a variant, only the wanted keys. */
  values(signature: string, wanted: WantedKeys = null): unknown[] {
    return completeTypes(signature).map((type) => this.value(type, wanted, 0));
  }

  align(to: number): void {
    this.at = (this.at + to - 1) & -to;
  }

  value(type: string, wanted: WantedKeys, depth: number): unknown {
    this.align(alignmentOf(type));
    switch (type[0]) {
      case "y":
        return this.#bytes[this.#take(1)];
      case "b":
        return this.#u32() !== 0;
      case "n":
        return this.#little ? this.#bytes.readInt16LE(this.#take(2)) : this.#bytes.readInt16BE(this.#take(2));
      case "q":
        return this.#little
          ? this.#bytes.readUInt16LE(this.#take(2))
          : this.#bytes.readUInt16BE(this.#take(2));
      case "i":
        return this.#little ? this.#bytes.readInt32LE(this.#take(4)) : this.#bytes.readInt32BE(this.#take(4));
      case "u":
      case "h":
        return this.#u32();
      case "x":
        return this.#little
          ? this.#bytes.readBigInt64LE(this.#take(8))
          : this.#bytes.readBigInt64BE(this.#take(8));
      case "t":
        return this.#little
          ? this.#bytes.readBigUInt64LE(this.#take(8))
          : this.#bytes.readBigUInt64BE(this.#take(8));
      case "d":
        return this.#little
          ? this.#bytes.readDoubleLE(this.#take(8))
          : this.#bytes.readDoubleBE(this.#take(8));
      case "s":
      case "o":
        return this.#text(this.#u32());
      case "g":
        return this.#text(this.#bytes[this.#take(1)]!);
      case "v":
        return this.#variant(wanted, depth);
      case "a":
        return this.#array(type.slice(1), wanted, depth);
      default:
        return completeTypes(type.slice(1, -1)).map((inner) => this.value(inner, wanted, depth + 1));
    }
  }

  skip(type: string, depth = 0): void {
    this.align(alignmentOf(type));
    const fixed = fixedSizes[type[0]!];
    if (fixed !== undefined) this.#take(fixed);
    else if (type === "s" || type === "o") this.#take(this.#u32() + 1);
    else if (type === "g") this.#take(this.#bytes[this.#take(1)]! + 1);
    else if (type === "v") this.skip(this.#variantType(depth), depth + 1);
    else if (type[0] === "a") this.#take(this.#arrayLength(type.slice(1)));
    else for (const inner of completeTypes(type.slice(1, -1))) this.skip(inner, depth + 1);
  }

  #variant(wanted: WantedKeys, depth: number): unknown {
    return this.value(this.#variantType(depth), wanted, depth + 1);
  }

  #variantType(depth: number): string {
    if (depth > deepest) throw new MalformedMessage("values are nested too deeply");
    const signature = this.#text(this.#bytes[this.#take(1)]!);
    const types = completeTypes(signature);
    if (types.length !== 1) throw new MalformedMessage(`a variant has the signature "${signature}"`);
    return types[0]!;
  }

  #array(inner: string, wanted: WantedKeys, depth: number): unknown {
    const length = this.#arrayLength(inner);
    const end = this.at + length;
    if (end > this.#end) throw new MalformedMessage("an array is longer than its message");
    if (inner[0] === "{") return this.#dictionary(inner, end, wanted, depth);
    const values: unknown[] = [];
    while (this.at < end) {
      const before = this.at;
      values.push(this.value(inner, wanted, depth + 1));
      if (this.at === before) throw new MalformedMessage("an array has elements without a size");
    }
    return values;
  }

  #dictionary(entry: string, end: number, wanted: WantedKeys, depth: number): Record<string, unknown> {
    const [keyType = "", valueType = ""] = completeTypes(entry.slice(1, -1));
    const values: Record<string, unknown> = {};
    while (this.at < end) {
      this.align(8);
      const key = String(this.value(keyType, null, depth + 1));
      if (wanted && !wanted.has(key)) this.skip(valueType, depth + 1);
      // Not by assignment: a key may be "__proto__".
      else if (key === "__proto__") this.skip(valueType, depth + 1);
      else values[key] = this.value(valueType, null, depth + 1);
    }
    return values;
  }

  /** The length does not count the padding before the first element. */
  #arrayLength(inner: string): number {
    const length = this.#u32();
    if (length > longestArray) throw new MalformedMessage(`an array is ${length} bytes long`);
    this.align(alignmentOf(inner));
    return length;
  }

  #text(length: number): string {
    const start = this.#take(length + 1);
    return this.#bytes.toString("utf8", start, start + length);
  }

  #u32(): number {
    const at = this.#take(4);
    return this.#little ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
  }

  #take(size: number): number {
    const at = this.at;
    if (at + size > this.#end) throw new MalformedMessage("a message ends in the middle of a value");
    this.at = at + size;
    return at;
  }
}

/** Writes values in little-endian order. */
export class WireWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(512);
  #at = 0;

  values(signature: string, values: readonly unknown[]): this {
    const types = completeTypes(signature);
    if (types.length !== values.length)
      throw new Error(`"${signature}" wants ${types.length} values, not ${values.length}`);
    types.forEach((type, index) => this.value(type, values[index]));
    return this;
  }

  value(type: string, value: unknown): this {
    this.align(alignmentOf(type));
    // Now, for what has a size of its own: `#bytes` is read before `#grow` in the calls below.
    this.#makeRoom(8);
    switch (type[0]) {
      case "y":
        this.#bytes[this.#grow(1)] = Number(value);
        break;
      case "b":
        this.#bytes.writeUInt32LE(value ? 1 : 0, this.#grow(4));
        break;
      case "i":
        this.#bytes.writeInt32LE(Number(value), this.#grow(4));
        break;
      case "u":
        this.#bytes.writeUInt32LE(Number(value), this.#grow(4));
        break;
      case "x":
        this.#bytes.writeBigInt64LE(value as bigint, this.#grow(8));
        break;
      case "t":
        this.#bytes.writeBigUInt64LE(value as bigint, this.#grow(8));
        break;
      case "s":
      case "o":
        this.#bytes.writeUInt32LE(Buffer.byteLength(String(value)), this.#grow(4));
        this.#text(String(value));
        break;
      case "g":
        this.#bytes[this.#grow(1)] = String(value).length;
        this.#text(String(value));
        break;
      case "v": {
        const [inner, content] = value as readonly [string, unknown];
        this.value("g", inner).value(inner, content);
        break;
      }
      case "a":
        this.#array(type.slice(1), value as readonly unknown[]);
        break;
      case "(":
      case "{":
        this.#all(completeTypes(type.slice(1, -1)), value as readonly unknown[]);
        break;
      default:
        throw new Error(`values of type "${type}" are not written here`);
    }
    return this;
  }

  align(to: number): void {
    const aligned = (this.#at + to - 1) & -to;
    const from = this.#grow(aligned - this.#at);
    this.#bytes.fill(0, from, aligned);
  }

  get length(): number {
    return this.#at;
  }

  done(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  #all(types: readonly string[], values: readonly unknown[]): void {
    types.forEach((type, index) => this.value(type, values[index]));
  }

  #array(inner: string, values: readonly unknown[]): void {
    const length = this.#grow(4);
    this.align(alignmentOf(inner));
    const start = this.#at;
    for (const value of values) this.value(inner, value);
    this.#bytes.writeUInt32LE(this.#at - start, length);
  }

  #text(text: string): void {
    // D-Bus text cannot hold a NUL; systemd would see the rest as something else.
    if (text.includes("\0")) throw new Error("a text for D-Bus has a NUL in it");
    const at = this.#grow(Buffer.byteLength(text) + 1);
    this.#bytes.write(text, at);
    this.#bytes[this.#at - 1] = 0;
  }

  #grow(size: number): number {
    this.#makeRoom(size);
    const at = this.#at;
    this.#at += size;
    return at;
  }

  #makeRoom(size: number): void {
    const needed = this.#at + size;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
