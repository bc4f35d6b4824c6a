import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach } from "vitest";
import type { Issued } from "./certificates.ts";

const open: (() => void)[] = [];
afterEach(() => open.splice(0).forEach((close) => close()));

/** A server that answers each connection with what the test says, byte by byte; gives its port. */
export function serve(answer: (socket: Socket) => void): Promise<number> {
  return listening(
    createServer((socket) => {
      socket.on("error", () => {});
      answer(socket);
    }),
  );
}

/** A server that speaks HTTP as it should, and says what the test wants. */
export function serveHttp(
  answer: (asked: IncomingMessage & { text: string }, response: ServerResponse) => void,
  tls?: Issued,
): Promise<number> {
  const handle = (asked: IncomingMessage, response: ServerResponse) => {
    let text = "";
    asked.on("data", (chunk: Buffer) => (text += chunk.toString()));
    asked.on("end", () => answer(Object.assign(asked, { text }), response));
  };
  return listening(tls ? createHttps(tls, handle) : createHttp(handle));
}

/** A server that is only about its certificate. */
export function serveTls(tls: Issued): Promise<number> {
  return serveHttp((_, response) => response.end("ok"), tls);
}

/** A port on which nothing listens: it was free a moment ago. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  open.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
