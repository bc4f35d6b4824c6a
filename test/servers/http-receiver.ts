import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { preciseNow, retryAfter, retryDate, type Order, type Received } from "./order.ts";

/** An answer of a provider, in the provider's own words. */
export type Reply = { status: number; headers?: Record<string, string>; body: string };

export type Receiving = {
  /** 0 for any. */
  port?: number;
  /** Asked twice for a message: when its head is there, and when it is whole. */
  orderFor: (received: Received) => Order;
  /** Called with each whole message, before it is answered. */
  onReceived: (received: Received) => void;
  /** What the provider says when it is not told to misbehave; null leaves the connection open until it is closed. */
  reply: (received: Received, order: Order, closed: AbortSignal) => Promise<Reply | null>;
  /** For a WebSocket. */
  onUpgrade?: (asked: IncomingMessage, socket: Duplex) => void;
};

export type HttpReceiver = {
  port: number;
  /** Bytes of answers that were handed to the system. */
  written: () => number;
  /** Connections that are open. */
  open: () => number;
  close: () => Promise<void>;
};

/** A server that takes messages for any provider, and behaves, or misbehaves, as it is told. */
export async function startHttpReceiver(receiving: Receiving): Promise<HttpReceiver> {
  const sockets = new Set<Socket>();
  let written = 0;
  const server = createServer((asked, response) => {
    if (orderBefore(asked, receiving)) asked.socket.destroy();
    else void receive(asked, response, receiving);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      written += socket.bytesWritten;
      sockets.delete(socket);
    });
  });
  if (receiving.onUpgrade)
    server.on("upgrade", (asked: IncomingMessage, socket: Duplex) => receiving.onUpgrade?.(asked, socket));
  return {
    port: await listening(server, receiving.port ?? 0),
    written: () => [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, written),
    open: () => sockets.size,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

/** Asked for before the body is read, and nothing is received then. */
function orderBefore(asked: IncomingMessage, { orderFor }: Receiving): boolean {
  return orderFor(receivedOf(asked, "")) === "drop-before";
}

function receivedOf(asked: IncomingMessage, body: string): Received {
  const [, provider = "", path = ""] = /^\/(\w+)(.*)$/.exec(asked.url ?? "") ?? [];
  const headers = Object.fromEntries(
    Object.entries(asked.headers).map(([name, value]) => [name, String(value)]),
  );
  return { at: preciseNow(), provider, method: asked.method ?? "", path, headers, body };
}

async function receive(
  asked: IncomingMessage,
  response: ServerResponse,
  receiving: Receiving,
): Promise<void> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of asked) chunks.push(chunk as Buffer);
  } catch {
    // The client has hung up in the middle.
    return;
  }
  const received = receivedOf(asked, Buffer.concat(chunks).toString());
  receiving.onReceived(received);
  const order = receiving.orderFor(received);
  const { socket } = asked;
  switch (order) {
    case "hang":
      return;
    case "drop":
    case "drop-before":
      socket.destroy();
      return;
    case "garbage":
      socket.end("220 mail.example.org ESMTP\r\n");
      return;
    case "drip-head":
      return drip(socket, "HTTP/1.1 200 OK\r\nx: ");
    case "drip":
      return drip(socket, "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
    case "huge":
      return pour(socket);
    default:
      return answer(response, await receiving.reply(received, order, closing(socket)));
  }
}

function answer(response: ServerResponse, reply: Reply | null): void {
  if (reply === null) return;
  response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers });
  response.end(reply.body);
}

function closing(socket: Socket): AbortSignal {
  const closed = new AbortController();
  socket.once("close", () => closed.abort());
  return closed.signal;
}

function drip(socket: Socket, start: string): void {
  socket.write(start);
  const timer = setInterval(() => socket.write("x"), 20);
  socket.once("close", () => clearInterval(timer));
}

/** As fast as it is read. */
function pour(socket: Socket): void {
  const chunk = Buffer.alloc(64 * 1024, " ");
  let left = 1024 ** 3;
  const more = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= chunk.length;
      if (!socket.write(chunk)) return;
    }
  };
  socket.on("drain", more);
  socket.write("HTTP/1.1 200 OK\r\n\r\n");
  more();
}

/** The header that goes with an order. */
export function waitHeader(order: Order): Record<string, string> {
  if (order === "429") return { "retry-after": String(retryAfter) };
  return order === "429-date" ? { "retry-after": retryDate } : {};
}
