import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, get } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeAuthority } from "../../src/rehearse/certificates.ts";

// What we write is read by others: the openssl program, Python's strictest setting, and Node.

const day = 86_400_000;
const now = Date.now();
const authority = makeAuthority(now);
let directory = "";

const has = (program: string, word: string): boolean => {
  try {
    execFileSync(program, [word], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "holdfast-certificates-"));
  writeFileSync(join(directory, "ca.pem"), authority.certificate);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const openssl = (...args: string[]): string =>
  execFileSync("openssl", args, { cwd: directory, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

const hosts = [
  "api.broker.example",
  `${"a".repeat(63)}.${"b".repeat(63)}.example`,
  "203.0.113.9",
  "2001:db8::5",
];

describe.skipIf(!has("openssl", "version"))("openssl", () => {
  test.each(hosts)("verifies what is issued for %s, and for nobody else", (host) => {
    const { certificate } = authority.issue(host, now - day, now + day);
    writeFileSync(join(directory, "leaf.pem"), certificate);
    const verify = (name: string) =>
      openssl(
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        "-CAfile",
        "ca.pem",
        /^[\d.]+$|:/.test(name) ? "-verify_ip" : "-verify_hostname",
        name,
        "leaf.pem",
      );
    expect(verify(host)).toContain("leaf.pem: OK");
    expect(() => verify("other.example")).toThrow();
  });

  test("refuses one that has expired", () => {
    writeFileSync(
      join(directory, "old.pem"),
      authority.issue("a.example", now - 3 * day, now - day).certificate,
    );
    expect(() => openssl("verify", "-CAfile", "ca.pem", "old.pem")).toThrow(/expired/);
  });

  test("finds the authority under the hash of its name", () => {
    expect(openssl("x509", "-noout", "-hash", "-in", "ca.pem").trim()).toBe(authority.hash);
  });
});

test("a time beyond 2049 is read as it was meant", () => {
  const to = Date.UTC(2051, 2, 4, 5, 6, 7);
  const read = new X509Certificate(authority.issue("a.example", now, to).certificate);
  expect(new Date(read.validTo).getTime()).toBe(to);
});

test.skipIf(!has("python3", "--version"))("Python accepts it with its strict flags", () => {
  const issued = authority.issue("localhost", now - day, now + day);
  writeFileSync(join(directory, "both.pem"), issued.certificate + issued.key);
  const script = `
import ssl, socket, threading
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); server.load_cert_chain("both.pem")
client = ssl.create_default_context(cafile="ca.pem"); client.verify_flags |= getattr(ssl, "VERIFY_X509_STRICT", 0)
a, b = socket.socketpair()
threading.Thread(target=lambda: server.wrap_socket(a, server_side=True)).start()
print(client.wrap_socket(b, server_hostname="localhost").version())`;
  expect(execFileSync("python3", ["-c", script], { cwd: directory, encoding: "utf8" })).toContain("TLS");
});

test("Node accepts it", async () => {
  const issued = authority.issue("localhost", now - day, now + day);
  const server = createServer({ key: issued.key, cert: issued.certificate }, (_, answer) =>
    answer.end("hello"),
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const status = await new Promise((resolve, reject) => {
    get(
      { host: "127.0.0.1", servername: "localhost", port, ca: authority.certificate, path: "/" },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      },
    ).once("error", reject);
  });
  server.closeAllConnections();
  server.close();
  expect(status).toBe(200);
});
