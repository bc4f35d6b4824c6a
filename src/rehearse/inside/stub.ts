import {
  createServer as createHttp,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from "node:http";
import { createServer as createHttps, type Server as HttpsServer } from "node:https";
import { createServer, type Server, type Socket } from "node:net";
import { chooseAnswer, defaultAnswer } from "./choose-answer.ts";
import type { Asked, StubMode, StubRule } from "./stub-plan.ts";
import { whoAsks } from "./who-asks.ts";

/** How long a slow upstream takes for an answer, in milliseconds. */
const slow = 8000;
const page = "<html><body>Please log in to the network</body></html>";

/** Stands where one upstream would be, well or broken. */
export class Stub {
  readonly #rule: StubRule;
  readonly #tell: (asked: Asked) => void;
  readonly #sockets = new Map<Socket, string | null>();
  /** Speaks over connections that the front hands to it. */
  readonly #speaker: HttpServer | HttpsServer | null;
  #front: Server | null = null;
  #mode: StubMode = "ok";

  constructor(rule: StubRule, tell: (asked: Asked) => void) {
    this.#rule = rule;
    this.#tell = tell;
    this.#speaker = this.#makeSpeaker();
  }

  async open(): Promise<void> {
    const front = createServer((socket) => this.#meet(socket));
    await new Promise<void>((resolve, reject) => {
      front.once("error", reject);
      front.listen(this.#rule.port, this.#rule.address, resolve);
    });
    this.#front = front;
  }

  async set(mode: StubMode): Promise<void> {
    const before = this.#mode;
    this.#mode = mode;
    const { certificate, expired } = this.#rule;
    if (
      this.#speaker &&
      "setSecureContext" in this.#speaker &&
      (before === "expired" || mode === "expired")
    ) {
      const shown = mode === "expired" ? expired! : certificate!;
      this.#speaker.setSecureContext({ key: shown.key, cert: shown.certificate });
    }
    // Who is connected while packets are lost is told nothing, also not when they come through again.
    if (mode !== "hang" && mode !== "slow" && before !== "hang")
      for (const socket of this.#sockets.keys()) socket.destroy();
    if (mode === "down" && this.#front) {
      const front = this.#front;
      this.#front = null;
      await new Promise((resolve) => front.close(resolve));
    } else if (mode !== "down" && !this.#front) await this.open();
  }

  #makeSpeaker(): HttpServer | HttpsServer | null {
    const { kind, certificate } = this.#rule;
    if (kind === "tcp") return null;
    const speaker =
      kind === "http" ? createHttp() : createHttps({ key: certificate!.key, cert: certificate!.certificate });
    speaker.on("request", (request: IncomingMessage, response: ServerResponse) =>
      this.#hear(request, response),
    );
    // A client that refuses the certificate is no trouble of ours.
    speaker.on("tlsClientError", () => {}).on("clientError", (_, socket: Socket) => socket.destroy());
    return speaker;
  }

  #meet(socket: Socket): void {
    this.#sockets.set(socket, whoAsks(socket));
    socket.once("close", () => this.#sockets.delete(socket)).on("error", () => {});
    if (this.#mode === "hang") {
      this.#note(socket, "a connection", "nothing", true);
      return;
    }
    if (this.#speaker) this.#speaker.emit("connection", socket);
    else this.#speakPlainly(socket);
  }

  #speakPlainly(socket: Socket): void {
    const say = (text: string | Buffer): void => {
      if (!socket.destroyed) socket.write(text);
    };
    const { greeting } = this.#rule;
    this.#note(socket, "a connection", this.#mode === "ok" ? "answered" : this.#mode, true);
    socket.resume();
    if (this.#mode === "garbage")
      say(Buffer.from(Array.from({ length: 512 }, (_, index) => (index * 167 + 91) % 256)));
    else if (greeting !== null) setTimeout(say, this.#mode === "slow" ? slow : 0, greeting);
  }

  #hear(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    request.once("end", () => {
      // Between the arrival and the answer it may have broken.
      const mode = this.#mode;
      const method = request.method ?? "GET";
      const target = request.url ?? "/";
      const found = chooseAnswer(this.#rule.answers, method, target);
      const answer = found ?? defaultAnswer;
      const status = { "500": 500, "429": 429, hang: 0, garbage: 200 }[mode as string] ?? answer.status;
      this.#note(
        request.socket,
        `${method} ${target}`,
        status === 0 ? "nothing" : String(status),
        found !== null,
      );
      if (mode === "hang") return;
      const body = Buffer.from(answer.body, "base64");
      const respond = (): void => {
        if (mode === "garbage") response.writeHead(200, { "content-type": "application/json" }).end(page);
        else if (mode === "500")
          response.writeHead(500, { "content-type": "text/plain" }).end("internal error\n");
        else if (mode === "429") response.writeHead(429, { "retry-after": "1" }).end();
        else
          response
            .writeHead(status, { "content-type": "application/json", ...lowerCase(answer.headers) })
            .end(body);
      };
      if (mode === "slow") setTimeout(respond, slow);
      else respond();
    });
  }

  #note(socket: Socket, what: string, answer: string, declared: boolean): void {
    const unit = this.#sockets.get(socket) ?? this.#unitByPort(socket);
    this.#tell({ at: Date.now(), name: this.#rule.name, unit, what, answer, declared });
  }

  /** A TLS socket is another object than the connection below it. */
  #unitByPort({ remotePort }: Socket): string | null {
    for (const [socket, unit] of this.#sockets) if (socket.remotePort === remotePort) return unit;
    return null;
  }
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
