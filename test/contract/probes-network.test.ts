import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Look } from "../../src/compile/watch-rule.ts";
import type { Reading } from "../../src/heal/reading.ts";
import { contextOf, type Given } from "../../src/observe/probes/context-for-tests.ts";
import { probeFor } from "../../src/observe/probes/probe-for.ts";
import { closedPort, serve, serveHttp, serveTls } from "./bad-servers.ts";
import { makeAuthority } from "./certificates.ts";

// Network checks, rows C-08, C-46, C-48, C-62, C-114: whatever the other side does, there is an answer, in time, in words.

const day = 86_400;
const directory = mkdtempSync(join(tmpdir(), "holdfast-network-"));
const authority = makeAuthority();
// Before the first secure connection: the host's list is read once.
process.env["SSL_CERT_FILE"] = authority.path;
afterAll(() => {
  authority.remove();
  rmSync(directory, { recursive: true });
});

async function look(look: Look, given: Given = {}): Promise<Reading> {
  const probe = await probeFor(look.kind);
  return probe(contextOf(look, given));
}

const http = (url: string, rest: Partial<Extract<Look, { kind: "http" }>> = {}): Look => ({
  kind: "http",
  url,
  status: [],
  body: null,
  json: {},
  fasterThan: null,
  ...rest,
});
const rpc = (url: string, rest: Partial<Extract<Look, { kind: "rpc" }>> = {}): Look => ({
  kind: "rpc",
  url,
  method: "eth_blockNumber",
  params: [],
  progress: null,
  fasterThan: null,
  ...rest,
});
const tls = (port: number, validFor = 14): Look => ({
  kind: "tls",
  host: "localhost",
  port,
  file: null,
  validFor: validFor * day * 1000,
});
const soon = { check: { timeout: 300 } };

/** No control or format characters: it goes to terminals. */
const plain = /^[^\p{Cc}\p{Cf}]+$/u;

describe("http", () => {
  test("takes 200 to 299 for good, or what is declared", async () => {
    const port = await serveHttp((asked, response) => {
      response.statusCode = Number(asked.url!.slice(1));
      response.end("x");
    });
    expect(await look(http(`http://localhost:${port}/204`))).toMatchObject({ result: "ok", value: 204 });
    expect(await look(http(`http://127.0.0.1:${port}/503`))).toMatchObject({
      result: "fail",
      value: 503,
      limit: "200 to 299",
      says: "HTTP: status 503, not 200 to 299",
    });
    const declared = http(`http://127.0.0.1:${port}/401`, { status: [200, 401] });
    expect(await look(declared)).toMatchObject({ result: "ok", value: 401, limit: "200, 401" });
  });

  test("does not follow a redirect: it is an answer", async () => {
    let asked = 0;
    const port = await serveHttp(({ url }, response) => {
      asked += 1;
      response.writeHead(302, { location: `${url}x` }).end();
    });
    const found = await look(http(`http://127.0.0.1:${port}/`));
    expect(found).toMatchObject({ result: "fail", value: 302 });
    expect(found.says).toBe("HTTP: status 302, a redirect, which is not followed, not 200 to 299");
    expect(asked).toBe(1);
  });

  test("asks plainly: no compression, one request to a connection", async () => {
    let heard: string[] = [];
    const port = await serveHttp((asked, response) => {
      heard = asked.rawHeaders.map((text) => text.toLowerCase());
      response.end("x");
    });
    await look(http(`http://me:pass@127.0.0.1:${port}/`));
    expect(heard).not.toContain("accept-encoding");
    expect(heard).toContain("close");
    expect(heard).toContain(`basic ${Buffer.from("me:pass").toString("base64")}`.toLowerCase());
  });

  test("holds the body against a pattern and values", async () => {
    const body = { status: "degraded", checks: { db: { status: "ok", lag: 3 }, list: [true] } };
    const port = await serveHttp((_, response) => response.end(JSON.stringify(body)));
    const url = `http://127.0.0.1:${port}/`;
    const good = { "checks.db.status": "ok", "checks.db.lag": "3.0", "checks.list.0": "true" };
    expect(await look(http(url, { json: good, body: '"lag":\\d' }))).toMatchObject({ result: "ok" });
    expect((await look(http(url, { json: { status: "ok" } }))).says).toBe("HTTP: status is degraded, not ok");
    expect((await look(http(url, { json: { "checks.db.toString": "x" } }))).says).toContain("there is no");
    expect((await look(http(url, { body: "healthy" }))).says).toBe("HTTP: the body does not match");
  });

  test.each([
    ["never answers", () => {}, "accepts the connection and does not answer within 300 ms"],
    [
      "drips one byte at a time",
      (socket) => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
        const timer = setInterval(() => socket.write("x"), 50);
        socket.on("close", () => clearInterval(timer));
      },
      "is not whole within 300 ms",
    ],
    [
      "drips its head",
      (socket) => {
        const timer = setInterval(() => socket.write("H"), 50);
        socket.on("close", () => clearInterval(timer));
      },
      "HTTP",
    ],
    ["hangs up", (socket) => socket.end(), "closed the connection without an answer"],
    ["breaks off", (socket) => socket.resetAndDestroy(), "the connection"],
    ["speaks another language", (socket) => socket.write("220 mail.example.org ESMTP\r\n"), "is not HTTP"],
    [
      "breaks off in the middle",
      (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf"),
      "broke off in the middle of its answer",
    ],
    [
      "has too long a head",
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}\r\n\r\n`),
      "too long a head",
    ],
    [
      "says 100 Continue for ever",
      (socket) => {
        const timer = setInterval(() => socket.write("HTTP/1.1 100 Continue\r\n\r\n"), 1);
        socket.on("close", () => clearInterval(timer));
      },
      "does not answer within 300 ms",
    ],
  ] as [string, (socket: import("node:net").Socket) => void, string][])(
    "a server that %s is a bad result in time",
    async (_, answer, words) => {
      const port = await serve(answer);
      const began = performance.now();
      const found = await look(http(`http://127.0.0.1:${port}/`, { body: "." }), soon);
      expect(found.result).toBe("fail");
      expect(found.says).toContain(words);
      expect(found.says).toMatch(plain);
      expect(performance.now() - began).toBeLessThan(1500);
    },
  );

  test("of an endless body no more than 64 KiB is read", async () => {
    let sent = 0;
    const port = await serve((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const chunk = Buffer.alloc(65_536, "x");
      const more = () => {
        while (!socket.destroyed && socket.write(chunk)) sent += chunk.length;
      };
      socket.on("drain", more);
      more();
    });
    const before = process.memoryUsage().rss;
    const found = await look(http(`http://127.0.0.1:${port}/`, { json: { status: "ok" } }));
    expect(found.says).toBe(
      "HTTP: the body is not JSON: it is longer than 64 KiB, which is all that is read",
    );
    // What waits in the buffers of two sockets, and not a gigabyte.
    expect(sent).toBeLessThan(32 * 1024 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  test("a body that is made to hold up its pattern does not", async () => {
    const port = await serveHttp((_, response) => response.end("a".repeat(60_000) + "!"));
    const began = performance.now();
    const found = await look(http(`http://127.0.0.1:${port}/`, { body: "(a+)+$" }));
    expect(found.says).toBe("HTTP: the body does not match");
    expect(performance.now() - began).toBeLessThan(1000);
  });

  test("invalid JSON and control characters are said so that a terminal can show it", async () => {
    const bodies = ["{", '{"status":"\\u001b[2J\\u202e\\u0007"}', "\u001b[31m", "", "\0\0"];
    const port = await serveHttp(({ url }, response) => response.end(bodies[Number(url!.slice(1))]));
    for (const index of bodies.keys()) {
      const found = await look(http(`http://127.0.0.1:${port}/${index}`, { json: { status: "ok" } }));
      expect(found.result).toBe("fail");
      expect(found.says).toMatch(plain);
    }
  });

  test("an answer that is late but comes is slow", async () => {
    const port = await serveHttp((_, response) => setTimeout(() => response.end("ok"), 120));
    const found = await look(http(`http://127.0.0.1:${port}/`, { fasterThan: 50 }));
    expect(found).toMatchObject({ result: "fail", limit: 0.05 });
    expect(found.says).toMatch(/^HTTP: the answer took \d+ ms, over 50 ms$/);
    expect(found.value).toBeGreaterThan(0.1);
  });

  test("passwords and queries are not shown", async () => {
    const port = await serveHttp((_, response) => response.end('{"status":"key=hunter22 is wrong"}'));
    const ports = [port, await closedPort()];
    for (const one of ports) {
      const url = `http://admin:s3cretpass@127.0.0.1:${one}/h?key=hunter22`;
      const found = await look(http(url, { json: { status: "ok" } }));
      expect(found.result).toBe("fail");
      expect(JSON.stringify(found)).not.toMatch(/s3cretpass|hunter22/);
    }
  });
});

describe("the first broken link is named", () => {
  test("DNS", async () => {
    const found = await look(http("http://no-such-name.invalid/"), { check: { timeout: 8000 } });
    expect(found.says).toMatch(/^DNS: /);
    // Without a resolver nobody knows whether the name is there; with one, .invalid is known not to be (RFC 2606).
    expect(found.result).toBe(found.says.includes("there is no such name") ? "fail" : "unknown");
  });

  test("TCP", async () => {
    const port = await closedPort();
    const says = `TCP: nothing listens at 127.0.0.1:${port}: the connection was refused`;
    expect(await look({ kind: "tcp", host: "127.0.0.1", port })).toMatchObject({ result: "fail", says });
    expect(await look(http(`http://127.0.0.1:${port}/`))).toMatchObject({ result: "fail", says });
    expect(await look(rpc(`http://127.0.0.1:${port}/`))).toMatchObject({ result: "fail", says });
  });

  test("TLS", async () => {
    const plainly = await serveHttp((_, response) => response.end("ok"));
    const spoken = await look(http(`https://localhost:${plainly}/`));
    expect(spoken).toMatchObject({ result: "fail", says: `TLS: localhost:${plainly} does not speak TLS` });
    const port = await serveTls(authority.issue(["other.example.org"], [-1, 90]));
    const found = await look(http(`https://localhost:${port}/`));
    expect(found).toMatchObject({ result: "fail" });
    expect(found.says).toBe(`TLS: the certificate of localhost:${port} is for another name`);
    const silent = await serve(() => {});
    expect((await look(http(`https://localhost:${silent}/`), soon)).says).toMatch(/^TLS: .* within 300 ms$/);
  });

  test("HTTP and RPC", async () => {
    const port = await serveHttp(({ url }, response) => {
      response.statusCode = url === "/502" ? 502 : 200;
      response.end(url === "/502" ? "<h1>Bad gateway</h1>" : "null");
    });
    expect((await look(rpc(`http://127.0.0.1:${port}/502`))).says).toBe("HTTP: status 502");
    expect((await look(rpc(`http://127.0.0.1:${port}/`))).says).toMatch(/^RPC: /);
  });

  test("nothing, when all is well", async () => {
    const port = await serveTls(authority.issue(["localhost"], [-1, 90]));
    expect(await look(http(`https://localhost:${port}/`))).toMatchObject({ result: "ok", value: 200 });
    expect(await look({ kind: "tcp", host: "localhost", port })).toMatchObject({ result: "ok", limit: 5 });
  });
});

describe("tls", () => {
  test.each([
    ["90 days left", ["localhost"], [-1, 90], "ok", /is valid for 89 days$/],
    ["10 days left", ["localhost"], [-1, 10], "fail", /is valid for 9 days, under 14 days$/],
    ["expired", ["localhost"], [-30, -3], "fail", /expired 3 days ago$/],
    ["not valid yet", ["localhost"], [2, 90], "fail", /is not valid for another (1 d 23 h|2 d)/],
    ["another name", ["a.example.org"], [-1, 90], "fail", /is not for localhost, but for a\.example\.org$/],
    ["expired, and another name", ["a.example.org"], [-30, -3], "fail", /expired/],
  ] as [string, string[], [number, number], string, RegExp][])(
    "a server's certificate: %s (C-62)",
    async (_, names, days, result, words) => {
      const port = await serveTls(authority.issue(names, days));
      const found = await look(tls(port));
      expect(found).toMatchObject({ result, limit: 14 * day });
      expect(found.says).toMatch(words);
    },
  );

  test("the measured value is what is left, in seconds", async () => {
    const port = await serveTls(authority.issue(["localhost"], [-1, 10]));
    const { value } = await look(tls(port, 5));
    expect(value).toBeGreaterThan(10 * day - 60);
    expect(value).toBeLessThanOrEqual(10 * day);
  });

  test("an authority that this host does not know is said, and expiry is still told first", async () => {
    const other = makeAuthority();
    const [good, late] = [other.issue(["localhost"], [-1, 90]), other.issue(["localhost"], [-9, -1])];
    other.remove();
    expect((await look(tls(await serveTls(good)))).says).toMatch(/an authority that this host does not know/);
    expect((await look(tls(await serveTls(late)))).says).toMatch(/expired/);
  });

  test("in a file the certificate that expires first counts", async () => {
    const write = (name: string, text: string) => {
      writeFileSync(join(directory, name), text);
      return look({
        kind: "tls",
        host: null,
        port: 443,
        file: join(directory, name),
        validFor: 14 * day * 1000,
      });
    };
    const long = authority.issue(["a.example.org"], [-1, 300]).cert;
    const short = authority.issue(["b.example.org"], [-1, 10]).cert;
    expect(await write("long.pem", long + authority.cert)).toMatchObject({ result: "ok" });
    const found = await write("chain.pem", `${long}\n${short}`);
    expect(found.result).toBe("fail");
    expect(found.says).toMatch(/certificate 2 in .*chain\.pem is valid for 9 days, under 14 days/);
    expect((await write("empty.pem", "")).says).toMatch(/holds no certificate/);
    expect((await write("broken.pem", long.replace(/[A-Za-z]{20}/, "A".repeat(20)))).result).toBe("fail");
    rmSync(join(directory, "long.pem"));
    const gone = join(directory, "long.pem");
    const missing = await look({ kind: "tls", host: null, port: 443, file: gone, validFor: 1 });
    expect(missing).toMatchObject({ result: "fail", says: `TLS: there is no ${gone}` });
  });
});

describe("dns", () => {
  test("finds what programs of this host find", async () => {
    expect(await look({ kind: "dns", name: "localhost" })).toMatchObject({ result: "ok" });
    const found = await look({ kind: "dns", name: "no-such-name.invalid" }, { check: { timeout: 8000 } });
    expect(found.result).toBe("fail");
    expect(found.says).toMatch(/^DNS: .*no-such-name\.invalid/);
  });
});

describe("rpc (C-46)", () => {
  const replies = (answer: (method: string, params: unknown[]) => unknown, status = 200) =>
    serveHttp((asked, response) => {
      const { id, method, params } = JSON.parse(asked.text) as {
        id: number;
        method: string;
        params: unknown[];
      };
      response.statusCode = status;
      response.end(JSON.stringify({ jsonrpc: "2.0", id, ...Object(answer(method, params)) }));
    });

  test("calls the method with its parameters", async () => {
    let heard: unknown;
    const port = await replies((method, params) => {
      heard = [method, params];
      return { result: "0x10" };
    });
    const params = ["latest", "false", "7", "0x1", "007"];
    const found = await look(rpc(`http://127.0.0.1:${port}/`, { method: "eth_getBlockByNumber", params }));
    expect(found.result).toBe("ok");
    expect(heard).toEqual(["eth_getBlockByNumber", ["latest", false, 7, "0x1", "007"]]);
  });

  test("an error in an answer with status 200 is an error", async () => {
    const port = await replies(() => ({ error: { code: -32_000, message: "header not found\u001b[2J" } }));
    const found = await look(rpc(`http://127.0.0.1:${port}/`));
    expect(found.result).toBe("fail");
    expect(found.says).toBe("RPC: error -32000: header not found\\x1b[2J");
  });

  test.each([
    ["{}", "neither a result nor an error"],
    ["[]", "neither a result nor an error"],
    ["<html>", "not JSON"],
    ['{"jsonrpc":"2.0","id":2,"result":"0x1"}', "to another question"],
    ['{"jsonrpc":"2.0","id":1,"result":{"a":1}}', "not a number"],
    ['{"jsonrpc":"2.0","id":1,"result":null}', "not a number"],
    ['{"jsonrpc":"2.0","id":1,"result":"0x"}', "not a number"],
  ])("an answer such as %s is a bad result", async (body, words) => {
    const port = await serveHttp((_, response) => response.end(body));
    const found = await look(rpc(`http://127.0.0.1:${port}/`, { progress: 60_000 }));
    expect(found.result).toBe("fail");
    expect(found.says).toMatch(/^RPC: /);
    expect(found.says).toContain(words);
  });

  test("a height that does not grow within its time is stale, one that grows is not", async () => {
    let result: string | number = "0x64";
    const port = await replies(() => ({ result }));
    const rule = rpc(`http://127.0.0.1:${port}/`, { progress: 120_000 });
    const start = Date.now();
    const at = (seconds: number, before?: Reading) =>
      look(rule, { now: start + seconds * 1000, kept: before?.kept ?? null });
    const first = await at(0);
    expect(first).toMatchObject({
      result: "ok",
      dueAt: start + 120_000,
      kept: { height: "100", grewAt: start },
    });
    const same = await at(60, first);
    expect(same).toMatchObject({ result: "ok", value: 60, limit: 120, dueAt: start + 120_000 });
    // A node that lags behind another of its kind is no growth, and its coming back is none either.
    result = 99;
    const lagging = await at(90, same);
    result = 100;
    const stale = await at(120, lagging);
    expect(stale).toMatchObject({ result: "fail", value: 120, limit: 120 });
    expect(stale.says).toBe("RPC: eth_blockNumber is 100, and has not grown for 2 min, over 2 min");
    result = "101";
    expect(await at(130, stale)).toMatchObject({ result: "ok", value: 0, kept: { height: "101" } });
    // Another chain, which begins again.
    result = "0x3";
    expect(await at(400, stale)).toMatchObject({ result: "ok", kept: { height: "3" } });
  });

  test("what was kept outlives an outage, so that silence is no growth", async () => {
    const kept = { height: "100", grewAt: 1_000_000 };
    const gone = await look(rpc(`http://127.0.0.1:${await closedPort()}/`, { progress: 60_000 }), { kept });
    expect(gone).toMatchObject({ result: "fail", kept });
    const port = await replies(() => ({ result: 100 }));
    const back = { now: 1_200_000, kept: gone.kept };
    expect(await look(rpc(`http://127.0.0.1:${port}/`, { progress: 60_000 }), back)).toMatchObject({
      result: "fail",
      value: 200,
    });
    // Of the service's own height no growth is wanted from before its start.
    const started = { ...back, unit: { activeSince: 1_190_000 } };
    expect(await look(rpc(`http://127.0.0.1:${port}/`, { progress: 60_000 }), started)).toMatchObject({
      result: "ok",
      value: 10,
    });
  });

  test("the address comes from the service's environment, and is in no word of the result", async () => {
    const port = await replies(() => ({
      error: {
        code: -1,
        message: "no project k3y-abcdef for http://me:pa55word@127.0.0.1/v2/k3y-abcdef?t=t0ken99",
      },
    }));
    const closed = await closedPort();
    for (const one of [port, closed]) {
      const file = join(directory, "bot.env");
      writeFileSync(file, `OTHER=1\nRPC_URL=http://me:pa55word@127.0.0.1:${one}/v2/k3y-abcdef?t=t0ken99\n`);
      const found = await look(rpc("$RPC_URL"), { service: { envFiles: [file] } });
      expect(found.result).toBe("fail");
      expect(JSON.stringify(found)).not.toMatch(/k3y|pa55|t0ken|127\.0\.0\.1/);
      if (one === closed)
        expect(found.says).toBe("TCP: nothing listens at $RPC_URL: the connection was refused");
    }
  });

  test("a variable that is not there, or is no address, cannot be asked", async () => {
    const file = join(directory, "bad.env");
    writeFileSync(file, "RPC_URL=sk-live-not-an-address\n");
    const given = { service: { envFiles: [file] } };
    const found = await look(rpc("$RPC_URL"), given);
    expect(found).toMatchObject({ result: "unknown" });
    expect(found.says).toContain("$RPC_URL is not an http:// or https:// address");
    expect(JSON.stringify(found)).not.toContain("sk-live");
  });
});
