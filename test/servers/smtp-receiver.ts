import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { preciseNow, type Order, type Received } from "./order.ts";

export type MailReceiving = {
  port?: number;
  /** Asked for each connection and for each mail. */
  order: () => Order;
  /** Called with each mail that is taken, and with what is dropped after it was taken. */
  onMail: (received: Received) => void;
  /** For STARTTLS; null: none is offered. */
  certificate: { key: string; cert: string } | null;
  /** TLS from the start. */
  secure?: boolean;
  /** null: everybody may send. */
  login: { user: string; password: string } | null;
};

export type MailReceiver = { port: number; close: () => Promise<void> };

/** Replies of mail servers, such as a full disk, an unknown recipient or a wrong password. */
const codes: Partial<Record<Order, number>> = { "429": 451, "429-date": 451, "500": 451 };

/** A mail server that takes mails, and behaves, or misbehaves, as it is told. */
export async function startMailReceiver(receiving: MailReceiving): Promise<MailReceiver> {
  const sockets = new Map<number, Socket>();
  const smtp = new SMTPServer(optionsFor(receiving, (port) => sockets.get(port)?.destroy()));
  smtp.on("error", () => {});
  // In front of it stands what no mail server would do.
  const front = createServer({ noDelay: true }, (socket) => {
    const port = socket.remotePort ?? 0;
    sockets.set(port, socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(port));
    if (!misbehaves(socket, receiving.order())) smtp.server.emit("connection", socket);
  });
  await listening(front, receiving.port ?? 0);
  return {
    port: (front.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets.values()) socket.destroy();
      await new Promise((resolve) => front.close(resolve));
    },
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
}

function misbehaves(socket: Socket, order: Order): boolean {
  switch (order) {
    case "drop-before":
      socket.destroy();
      return true;
    case "garbage":
      socket.write("HTTP/1.1 400 Bad Request\r\n\r\n");
      return true;
    case "huge":
      pour(socket);
      return true;
    case "drip":
    case "drip-head": {
      const timer = setInterval(() => socket.write("2"), 20);
      socket.on("close", () => clearInterval(timer));
      return true;
    }
    default:
      return false;
  }
}

/** A greeting without an end. */
function pour(socket: Socket): void {
  const chunk = Buffer.alloc(64 * 1024, "2");
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on("drain", more);
  more();
}

function optionsFor(
  { order, onMail, certificate, secure, login }: MailReceiving,
  drop: (remotePort: number) => void,
): SMTPServerOptions {
  return {
    ...(certificate ?? { disabledCommands: ["STARTTLS"], allowInsecureAuth: true }),
    secure: secure ?? false,
    authOptional: login === null,
    disableReverseLookup: true,
    logger: false,
    onAuth(auth, _, done) {
      const given = auth.password ?? "";
      const right = login !== null && auth.username === login.user && given === login.password;
      if (order() === "401" || !right)
        done(replied(535, `Authentication failed for ${auth.username}, ${given}, ${base64(given)}`));
      else done(null, { user: auth.username });
    },
    onRcptTo(address, _, done) {
      if (order() === "401" && login === null) done(replied(550, "No such user"));
      else if (address.address.startsWith("unknown")) done(replied(550, "No such user"));
      else done();
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const { envelope, secure } = session;
        const recipients = envelope.rcptTo.map(({ address }) => address).join(",");
        const headers = { to: recipients, secure: String(secure) };
        const body = Buffer.concat(chunks).toString();
        const now = order();
        const code = codes[now];
        if (code !== undefined) return done(replied(code, "Try again later"));
        onMail({ at: preciseNow(), provider: "smtp", method: "DATA", path: "", headers, body });
        if (now === "drop") drop(session.remotePort);
        if (now === "ok") done(null, "queued as 4711");
      });
    },
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function replied(code: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: code });
}
