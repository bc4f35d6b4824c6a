import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** The server's side of a WebSocket (RFC 6455), as much of it as short texts need. */
export type ServerSocket = {
  send: (text: string) => void;
  close: () => void;
};

/** Answers the upgrade; `onText` gets each text that the client sends. */
export function acceptWebSocket(
  asked: IncomingMessage,
  socket: Duplex,
  { onText, onClose }: { onText: (text: string) => void; onClose: () => void },
): ServerSocket {
  const accept = createHash("sha1")
    .update(`${asked.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  let buffered = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    for (let frame = readFrame(buffered); frame !== null; frame = readFrame(buffered)) {
      buffered = buffered.subarray(frame.length);
      if (frame.opcode === 1) onText(frame.payload.toString());
      // Close: said back, as the client waits for it.
      if (frame.opcode === 8) socket.end(frameOf(8, frame.payload));
      if (frame.opcode === 9) socket.write(frameOf(10, frame.payload));
    }
  });
  socket.on("error", () => {});
  socket.on("close", onClose);
  return {
    send: (text) => socket.write(frameOf(1, Buffer.from(text))),
    close: () => socket.end(frameOf(8, Buffer.from([3, 232]))),
  };
}

function frameOf(opcode: number, payload: Buffer): Buffer {
  if (payload.length > 65_535) throw new Error("longer than a test needs");
  const head =
    payload.length < 126
      ? Buffer.from([0x80 | opcode, payload.length])
      : Buffer.from([0x80 | opcode, 126, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([head, payload]);
}

/** null: it is not all there yet. A client masks what it sends. */
function readFrame(data: Buffer): { opcode: number; payload: Buffer; length: number } | null {
  if (data.length < 2) return null;
  const short = data[1]! & 127;
  const start = short === 126 ? 4 : 2;
  if (data.length < start + 4) return null;
  const size = short === 126 ? data.readUInt16BE(2) : short;
  const end = start + 4 + size;
  if (data.length < end) return null;
  const mask = data.subarray(start, start + 4);
  const payload = Buffer.from(data.subarray(start + 4, end).map((byte, index) => byte ^ mask[index % 4]!));
  return { opcode: data[0]! & 15, payload, length: end };
}
