import { MalformedMessage, WireReader, WireWriter } from "./dbus-wire.ts";

/** Header fields of D-Bus ("Message Format"); those that are not there are "" or 0. */
export type Message = {
  type: number;
  serial: number;
  replySerial: number;
  path: string;
  interface: string;
  member: string;
  errorName: string;
  sender: string;
  signature: string;
  /** At the first value of the body. */
  body: WireReader;
};

export const messageType = { call: 1, reply: 2, error: 3, signal: 4 } as const;

/** 128 MiB by the specification; what systemd and the bus say is far below this. */
const longestMessage = 64 * 1024 * 1024;
const fixedHeader = 16;
const little = "l".charCodeAt(0);
const big = "B".charCodeAt(0);

export type Call = {
  serial: number;
  destination: string;
  path: string;
  interface: string;
  member: string;
  signature: string;
  body: readonly unknown[];
};

/** A method call as bytes. */
export function writeCall(call: Call): Buffer {
  const body = new WireWriter().values(call.signature, call.body).done();
  const fields: [number, [string, string]][] = [
    [1, ["o", call.path]],
    [2, ["s", call.interface]],
    [3, ["s", call.member]],
    [6, ["s", call.destination]],
    ...(call.signature === "" ? [] : [[8, ["g", call.signature]] as [number, [string, string]]]),
  ];
  const head = new WireWriter().values("yyyyuua(yv)", [
    little,
    messageType.call,
    0,
    1,
    body.length,
    call.serial,
    fields,
  ]);
  head.align(8);
  return Buffer.concat([head.done(), body]);
}

/** Cuts what comes from the socket into messages. Keeps no more than one message that is not complete. */
export class MessageSplitter {
  #parts: Buffer[] = [];
  #length = 0;
  #needed = fixedHeader;

  /** Gives the messages that are complete with this chunk. Throws MalformedMessage; nothing can be read after that. */
  *add(chunk: Buffer): Generator<Message, void, undefined> {
    this.#parts.push(chunk);
    this.#length += chunk.length;
    while (this.#length >= this.#needed) {
      const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
      const size = messageSize(bytes);
      this.#needed = size;
      if (bytes.length < size) {
        this.#parts = [bytes];
        return;
      }
      const rest = bytes.subarray(size);
      this.#parts = rest.length === 0 ? [] : [rest];
      this.#length = rest.length;
      this.#needed = fixedHeader;
      yield readMessage(bytes, size);
    }
  }
}

function isLittle(bytes: Buffer): boolean {
  if (bytes[0] === little) return true;
  if (bytes[0] === big) return false;
  throw new MalformedMessage("what the bus says is not D-Bus");
}

function messageSize(bytes: Buffer): number {
  const order = isLittle(bytes);
  const read = (at: number): number => (order ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const size = ((fixedHeader + read(12) + 7) & -8) + read(4);
  if (size > longestMessage || read(4) > longestMessage || read(12) > longestMessage)
    throw new MalformedMessage(`a message is ${size} bytes long`);
  return size;
}

function readMessage(bytes: Buffer, size: number): Message {
  const order = isLittle(bytes);
  const reader = new WireReader(bytes, order, 0, size);
  const [, type, , , bodyLength, serial, fields] = reader.values("yyyyuua(yv)") as [
    number,
    number,
    number,
    number,
    number,
    number,
    [number, string | number][],
  ];
  const field = (code: number): string => String(fields.find(([own]) => own === code)?.[1] ?? "");
  return {
    type,
    serial,
    replySerial: Number(field(5)),
    path: field(1),
    interface: field(2),
    member: field(3),
    errorName: field(4),
    sender: field(7),
    signature: field(8),
    body: new WireReader(bytes, order, size - bodyLength, size),
  };
}
