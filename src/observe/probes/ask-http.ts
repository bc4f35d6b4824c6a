import { request, type ClientRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { BrokenLink } from "../../network/broken-link.ts";
import { connect, shownPlace, type Place } from "./connect.ts";
import type { Attempt } from "./network-probe.ts";
import { secondsSince } from "./seconds.ts";

/** Of a longer body only so many bytes are read. */
export const longestBody = 64 * 1024;

export type Question = {
  url: URL;
  /** How the server may be called in words. */
  shown: string;
  /** Sent as JSON by POST; null is a GET. */
  post: string | null;
  /** Is the body wanted? Otherwise the connection is closed after the status. */
  body: boolean;
};

export type Answer = {
  status: number;
  body: string;
  /** The body is longer than what was read of it. */
  cut: boolean;
  /** "gzip" and the like, which was not asked for. */
  encoding: string | null;
  seconds: number;
};

/** host:port of an address, without anything that could be a secret. */
export function shownServer(url: URL): string {
  return shownPlace(hostOf(url), portOf(url));
}

/** Asks once, on a connection of its own; redirects are not followed. Throws BrokenLink for "DNS" to "HTTP". */
export async function askHttp(attempt: Attempt, { url, shown, post, body }: Question): Promise<Answer> {
  const began = performance.now();
  const place = { host: hostOf(url), port: portOf(url), shown };
  const plain = await connect(attempt, place);
  const socket: Duplex = url.protocol === "https:" ? await secured(attempt, plain, place) : plain;
  attempt.link = "HTTP";
  attempt.waiting = `${shown} accepts the connection and does not answer`;
  const asked = request(
    url,
    // The socket that is given may be a secure one; node:http refuses the name "https:". Without an agent nothing is kept.
    {
      protocol: "http:",
      createConnection: () => socket,
      method: post === null ? "GET" : "POST",
      headers: {
        host: url.host,
        "user-agent": "holdfast",
        accept: "*/*",
        ...(post === null
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(post) }),
      },
      maxHeaderSize: 16 * 1024,
    },
  );
  attempt.signal.addEventListener("abort", () => asked.destroy());
  asked.end(post ?? undefined);
  const response = await answerTo(asked, shown);
  const encoding = response.headers["content-encoding"] ?? null;
  const status = response.statusCode ?? 0;
  if (!body) {
    asked.destroy();
    return { status, body: "", cut: false, encoding, seconds: secondsSince(began) };
  }
  attempt.waiting = `the answer of ${shown} is not whole`;
  const read = await readBody(response, shown);
  asked.destroy();
  return { status, ...read, encoding, seconds: secondsSince(began) };
}

/** Loaded when it is needed: TLS takes memory, and most checks are of this host. */
async function secured(attempt: Attempt, plain: Socket, place: Place): Promise<Duplex> {
  const { secure } = await import("./secure.ts");
  return secure(attempt, plain, place);
}

function answerTo(asked: ClientRequest, shown: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.on("error", (error) => reject(brokenHttp(error, shown)));
    asked.on("response", resolve);
    // 101, which was not asked for, is an answer like any other.
    asked.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve(response);
    });
  });
}

async function readBody(response: IncomingMessage, shown: string): Promise<{ body: string; cut: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > longestBody) break;
    }
  } catch {
    throw new BrokenLink("HTTP", `${shown} broke off in the middle of its answer`);
  }
  return { body: Buffer.concat(chunks).toString("utf8", 0, longestBody), cut: length > longestBody };
}

function brokenHttp(error: unknown, shown: string): BrokenLink {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "HPE_HEADER_OVERFLOW") return new BrokenLink("HTTP", `${shown} answers with too long a head`);
  if (code?.startsWith("HPE_")) return new BrokenLink("HTTP", `what ${shown} answers is not HTTP`);
  if (code === "ECONNRESET" || code === "EPIPE")
    return new BrokenLink("HTTP", `${shown} closed the connection without an answer`);
  return new BrokenLink("HTTP", `no answer of ${shown}: ${code ?? "no reason is given"}`);
}

function hostOf({ hostname }: URL): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}
