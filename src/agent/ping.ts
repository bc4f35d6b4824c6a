import type { ClientRequest } from "node:http";
import type { Say } from "./say.ts";

const patience = 10_000;

/**
 * Tells somebody outside that watching works, in the dialect of Healthchecks (healthchecks.io/docs/http_api): the address for
 * "all is well", the address with /fail and the reason in the body when it is not. Whoever listens there notices silence.
 * The address is a secret and is never shown. Says on change whether it gets through.
 */
export class Ping {
  readonly #url: URL;
  readonly #say: Say;
  readonly #name: string;
  #reached = true;
  #request: ClientRequest | null = null;

  constructor(url: string, name: string, say: Say) {
    this.#url = new URL(url);
    this.#name = name;
    this.#say = say;
  }

  /** `trouble`: why all is not well. */
  async send(trouble: string | null): Promise<void> {
    // The one before is still under way: it has its own time-out.
    if (this.#request) return;
    const why = await this.#post(trouble).catch((error: Error) => error.message);
    const reached = why === null;
    if (reached !== this.#reached)
      this.#say(
        reached ? 5 : 4,
        `${this.#name}: ${reached ? "the heartbeat gets through again" : `the heartbeat does not get through: ${why}`}`,
      );
    this.#reached = reached;
  }

  async #post(trouble: string | null): Promise<string | null> {
    const url = new URL(this.#url);
    if (trouble !== null) url.pathname = `${url.pathname.replace(/\/$/, "")}/fail`;
    // Not import(): of a built-in module it costs 12 MiB more, in a CommonJS bundle, too (measured on Node 26).
    const { request } = process.getBuiltinModule(url.protocol === "https:" ? "node:https" : "node:http");
    return new Promise((resolve, reject) => {
      const body = Buffer.from(trouble ?? "");
      const sent = request(url, {
        method: "POST",
        agent: false,
        headers: { "content-length": body.length, "content-type": "text/plain; charset=utf-8" },
        signal: AbortSignal.timeout(patience),
      });
      this.#request = sent;
      sent.on("response", (response) => {
        // The answer's text is of no interest, however long it is.
        response.destroy();
        const { statusCode = 0 } = response;
        resolve(statusCode >= 200 && statusCode < 300 ? null : `it is answered with ${statusCode}`);
      });
      sent.on("error", (error: NodeJS.ErrnoException) => {
        reject(
          new Error(
            error.name === "AbortError" || error.name === "TimeoutError"
              ? "no answer within 10 s"
              : (error.code ?? "it cannot be sent"),
          ),
        );
      });
      sent.on("close", () => (this.#request = null));
      sent.end(body);
    });
  }
}
