import type { IncomingMessage } from "node:http";
import type { Delivery } from "../channel.ts";
import { reasonOf } from "./bounded.ts";
import { connectionTrouble } from "./connection-trouble.ts";

const longestAnswer = 64 * 1024;

export type Question = {
  url: URL;
  /** Sent as JSON by POST; undefined is a GET. */
  body?: string;
  headers?: Readonly<Record<string, string>>;
  /** Bytes that are read of the answer; default 64 KiB. */
  longest?: number;
  /** Ends the question; its reason is said (see `within`). */
  signal: AbortSignal;
};

/** The other side has answered. */
export type Answer = {
  result: "answered";
  /** host:port of who answered, for words: an address may hold a secret. */
  where: string;
  status: number;
  /** Value of the header, as it is. */
  retryAfter: string | null;
  text: string;
  /** The text is all of it. */
  whole: boolean;
};

export type NoAnswer = Extract<Delivery, { result: "later" }>;

/** Asks once, on a connection of its own; redirects are not followed. Never throws. */
export async function post({ url, body, headers, longest, signal }: Question): Promise<Answer | NoAnswer> {
  const where = url.host;
  const { request, trust } = await clientFor(url);
  if (signal.aborted) return noAnswer(`${where}: ${reasonOf(signal)}`, false);
  return new Promise((resolve) => {
    const asked = request(url, {
      method: body === undefined ? "GET" : "POST",
      agent: false,
      maxHeaderSize: 16 * 1024,
      headers: {
        "user-agent": "holdfast",
        accept: "application/json, */*",
        ...(body !== undefined && {
          "content-type": "application/json; charset=utf-8",
          "content-length": Buffer.byteLength(body),
        }),
        ...headers,
      },
      ...trust,
    });
    // Everything has left: only then may the other side have acted on it.
    let written = false;
    asked.on("finish", () => (written = true));
    let response: IncomingMessage | null = null;
    const stop = (): void => {
      if (response) response.destroy();
      else resolve(noAnswer(`${where}: ${reasonOf(signal)}`, written));
      asked.destroy();
    };
    signal.addEventListener("abort", stop, { once: true });
    asked.on("close", () => signal.removeEventListener("abort", stop));
    asked.on("response", (answer) => {
      response = answer;
      void readText(answer, longest ?? longestAnswer).then(({ text, whole }) => {
        asked.destroy();
        const { statusCode: status = 0, headers } = answer;
        resolve({
          result: "answered",
          where,
          status,
          retryAfter: headers["retry-after"] ?? null,
          text,
          whole,
        });
      });
    });
    asked.on("error", (error) => {
      if (!response) resolve(noAnswer(connectionTrouble(error, where, written), written));
    });
    asked.end(body);
  });
}

/**
 * Loaded when it is needed: TLS takes memory, and some channels are of this host. Not by import(): as in an ES module, node:http
 * then takes 16 MiB instead of 4 (nodejs/node#59686).
 */
async function clientFor(url: URL): Promise<{ request: typeof import("node:http").request; trust: object }> {
  if (url.protocol !== "https:") return { request: process.getBuiltinModule("node:http").request, trust: {} };
  const { trustedContext } = await import("../../network/trusted-context.ts");
  return {
    request: process.getBuiltinModule("node:https").request,
    trust: { secureContext: trustedContext() },
  };
}

function noAnswer(why: string, ambiguous: boolean): NoAnswer {
  return { result: "later", why, after: null, ambiguous };
}

/** Reads until the end, the limit, or the connection's death, which is no trouble: the status is known. */
function readText(answer: IncomingMessage, longest: number): Promise<{ text: string; whole: boolean }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const done = (whole: boolean): void =>
      resolve({ text: Buffer.concat(chunks).subarray(0, longest).toString(), whole });
    answer.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > longest) done(false);
    });
    answer.on("end", () => done(true));
    answer.on("error", () => done(false));
    answer.on("close", () => done(false));
  });
}
