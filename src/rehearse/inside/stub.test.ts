import { once } from "node:events";
import { get } from "node:https";
import { connect, createServer, type AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeAuthority } from "../certificates.ts";
import { Stub } from "./stub.ts";
import type { Asked, StubRule } from "./stub-plan.ts";

const now = Date.now();
const day = 86_400_000;
const authority = makeAuthority(now);
let stub: Stub;
let port = 0;
let asked: Asked[] = [];

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
}

async function open(rule: Partial<StubRule>): Promise<void> {
  port = await freePort();
  asked = [];
  stub = new Stub(
    {
      name: "broker",
      kind: "https",
      host: "api.broker.example",
      address: "127.0.0.1",
      port,
      answers: [{ method: null, path: "/price", status: 203, headers: { "X-Own": "1" }, body: btoa("101") }],
      greeting: null,
      certificate: authority.issue("api.broker.example", now - day, now + day),
      expired: authority.issue("api.broker.example", now - 3 * day, now - day),
      ...rule,
    },
    (one) => asked.push(one),
  );
  await stub.open();
}

/** Status, a header and the body; or the code of the error, "silent" when nothing came. */
function ask(path: string, patience = 5000): Promise<string> {
  return new Promise((resolve) => {
    const request = get(
      {
        host: "127.0.0.1",
        port,
        path,
        servername: "api.broker.example",
        ca: authority.certificate,
        agent: false,
      },
      (answer) => {
        let body = "";
        answer.setEncoding("utf8").on("data", (part: string) => (body += part));
        answer.once("end", () =>
          resolve(`${answer.statusCode} ${String(answer.headers["x-own"] ?? "-")} ${body.trim()}`),
        );
      },
    );
    request.setTimeout(patience, () => {
      resolve("silent");
      request.destroy();
    });
    request.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

describe("a stand-in over TLS", () => {
  beforeEach(() => open({}));
  afterEach(() => stub.set("down"));

  test("answers as it is told, and 200 with {} to the rest", async () => {
    expect(await ask("/price?x=1")).toBe("203 1 101");
    expect(await ask("/other")).toBe("200 - {}");
    expect(asked.map(({ what, answer, declared }) => [what, answer, declared])).toEqual([
      ["GET /price?x=1", "203", true],
      ["GET /other", "200", false],
    ]);
  });

  test.each([
    ["down", "ECONNREFUSED"],
    ["500", "500 - internal error"],
    ["429", "429 - "],
    ["garbage", "200 - <html>"],
    ["expired", "CERT_HAS_EXPIRED"],
  ] as const)("is broken as %s, and whole again after it", async (mode, expected) => {
    await stub.set(mode);
    expect(await ask("/price")).toContain(expected);
    await stub.set("ok");
    expect(await ask("/price")).toBe("203 1 101");
  });

  test("says nothing while it hangs, and nothing later to who has waited since then", async () => {
    await stub.set("hang");
    const waiting = ask("/price", 1500);
    await expect.poll(() => asked.length).toBe(1);
    await stub.set("ok");
    expect(await ask("/price")).toBe("203 1 101");
    expect(await waiting).toBe("silent");
  });
});

test("a stand-in for plain TCP greets", async () => {
  await open({ kind: "tcp", greeting: "READY\r\n", certificate: null, expired: null });
  const socket = connect(port, "127.0.0.1");
  const [greeting] = (await once(socket, "data")) as [Buffer];
  expect(greeting.toString()).toBe("READY\r\n");
  expect(asked).toMatchObject([{ what: "a connection", answer: "answered" }]);
  socket.destroy();
  await stub.set("down");
});
