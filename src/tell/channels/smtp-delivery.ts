import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import type { NodemailerError } from "nodemailer/lib/errors";
import type { default as SMTPConnection, SMTPConnectionSendInfo } from "nodemailer/lib/smtp-connection";
import type { Delivery } from "../channel.ts";
import { aborted, reasonOf } from "./bounded.ts";
import type { Mail } from "./compose-mail.ts";
import { connectionTrouble } from "./connection-trouble.ts";
import type { MailServer } from "./mail-server.ts";
import type { Means } from "./means.ts";
import { fit, plain } from "./text.ts";

export type SmtpUse = {
  server: MailServer;
  login: { user: string; password: string } | null;
  means: Means;
  signal: AbortSignal;
};

/** Hands one mail to the server, on a connection of its own. Never throws. */
export async function smtpDelivery(mail: Mail, use: SmtpUse): Promise<Delivery> {
  const { server, means, signal } = use;
  const where = `${server.host}:${server.port}`;
  const body = Readable.from([mail.raw]);
  let handedOver = false;
  body.once("end", () => (handedOver = true));
  const socket = connect({
    host: server.host,
    port: server.port,
    ...(means.lookup && { lookup: means.lookup }),
  });
  // What breaks after the end is nobody's trouble any more.
  socket.on("error", () => {});
  const stopped = aborted(signal).then(() => Promise.reject(new Stopped(reasonOf(signal))));
  stopped.catch(() => {});
  try {
    const info = await Promise.race([talk(socket, mail, body, use), stopped]);
    return { result: "sent", providerId: `${mail.messageId}${notTaken(info)}` };
  } catch (error) {
    socket.destroy();
    return failed(error as NodemailerError, where, handedOver, means);
  }
}

class Stopped extends Error {}

async function talk(
  socket: Socket,
  mail: Mail,
  body: Readable,
  use: SmtpUse,
): Promise<SMTPConnectionSendInfo> {
  await connected(socket);
  const { default: SMTPConnection } = await import("nodemailer/lib/smtp-connection");
  const connection = new SMTPConnection(await optionsFor(socket, use));
  const broken = new Promise<never>((_, reject) => {
    connection.on("error", reject);
    // Said last: what the server said before it closed comes by the callback.
    connection.once("end", () => setImmediate(reject, new Error("the connection was closed")));
  });
  broken.catch(() => {});
  const step = <T>(act: (done: (error?: Error | null, value?: T) => void) => void): Promise<T> => {
    const acted = new Promise<T>((resolve, reject) => {
      act((error, value) => (error ? reject(error) : resolve(value as T)));
    });
    return Promise.race([acted, broken]);
  };
  await step<void>((done) => connection.connect(done));
  const { login } = use;
  if (login !== null && connection.allowsAuth)
    await step<boolean>((done) =>
      connection.login({ credentials: { user: login.user, pass: login.password } }, done),
    );
  const info = await step<SMTPConnectionSendInfo>((done) => connection.send(mail.envelope, body, done));
  connection.quit();
  return info;
}

async function optionsFor(
  socket: Socket,
  { server, means }: SmtpUse,
): Promise<ConstructorParameters<typeof SMTPConnection>[0]> {
  const { trustedContext } = await import("../../network/trusted-context.ts");
  return {
    connection: socket,
    host: server.host,
    port: server.port,
    secure: server.secure,
    requireTLS: !server.secure && !server.local,
    tls: { secureContext: trustedContext(), rejectUnauthorized: !server.local },
    connectionTimeout: means.patience,
    greetingTimeout: means.patience,
    socketTimeout: means.patience,
    maxResponseSize: 64 * 1024,
  };
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
}

/** The mail is on its way to the others, so that sending it again would send it to them again. */
function notTaken({ rejected, rejectedErrors = [] }: SMTPConnectionSendInfo): string {
  if (rejected.length === 0) return "";
  const why = rejectedErrors[0]?.response ?? "";
  return `, but not for ${rejected.join(", ")}: ${fit(plain(why), 200)}`;
}

function failed(error: NodemailerError, where: string, handedOver: boolean, { hush }: Means): Delivery {
  const { responseCode, response, code, command } = error;
  if (command === "STARTTLS")
    return later(`${where} offers no TLS, without which nothing is sent to another host`, false);
  if (responseCode !== undefined) {
    const why = `${where} answers with ${fit(plain(hush(response ?? String(responseCode))), 300)}`;
    return responseCode >= 500 ? { result: "refused", why } : later(why, false);
  }
  if (error instanceof Stopped) return later(`${where}: ${error.message}`, handedOver);
  // Such as a server that takes no password in a way that we know.
  if (code === "EAUTH") return { result: "refused", why: `${where}: ${error.message}` };
  return later(wordsFor(error, where, handedOver), handedOver);
}

/** The words of nodemailer, where there are no better ones for what the system said. */
function wordsFor(error: NodemailerError, where: string, handedOver: boolean): string {
  const { originalCode } = error as { originalCode?: string };
  const system = originalCode ?? (error.syscall === undefined ? undefined : error.code);
  if (system !== undefined) {
    const original = Object.assign(new Error(error.message), { code: system });
    return connectionTrouble(original, where, handedOver);
  }
  return handedOver
    ? `${where} closed the connection without saying whether it has the mail`
    : `${where}: ${error.message}`;
}

function later(why: string, ambiguous: boolean): Delivery {
  return { result: "later", why, after: null, ambiguous };
}
