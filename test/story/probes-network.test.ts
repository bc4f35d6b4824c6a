import { expect } from "vitest";
import { sharedHost, story, type World } from "./story.ts";

/** A node that answers JSON-RPC as state/answer says, and a door behind which nobody ever answers. */
const node = `
import http.server, pathlib, socket, threading
quiet = socket.create_server(("127.0.0.1", 8546))
class Node(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200); self.end_headers()
        self.wfile.write(pathlib.Path("/run/answer").read_bytes())
    def log_message(self, *a): pass
http.server.HTTPServer(("127.0.0.1", 8545), Node).serve_forever()
`;
/** A resolver that takes questions and never answers. */
const hole = `
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.2", 53))
time.sleep(100000)
`;
const names = ["one", "two", "three", "four", "five", "six"];
const spec = `
app: chain
user: daemon
directory: /opt/chain
supervision: systemd
services:
  node:
    run: /usr/bin/python3 node.py
    ready: { tcp: 8545 }
    health: [{ tcp: { to: "8545" } }]
  bot:
    run: /usr/bin/sleep infinity
    ready: { settle: 0s }
    env: { file: /etc/chain.env }
    health:
      - rpc: { url: $RPC_URL, method: eth_blockNumber, dependency: node, timeout: 3s }
  edges:
    run: /usr/bin/sleep infinity
    ready: { settle: 0s }
    health:
      - tls: { file: /etc/chain.pem }
      - tcp: { name: anchor, to: "8.8.8.8:53", timeout: 2s, dependency: internet }
  silence:
    run: /usr/bin/sleep infinity
    ready: { settle: 0s }
    health:
      - http: { name: quiet, url: "http://127.0.0.1:8546/", timeout: 2s, dependency: quiet }
      - tcp: { name: open, to: "8545" }
      - exec: { name: program, run: /usr/bin/true }
      - dns: { resolve: api.example.org, timeout: 2s }
${names.map((name) => `      - http: { name: ${name}, url: "http://${name}.example.org/", timeout: 2s, dependency: ${name} }`).join("\n")}
`;

const secret = "k3y-abcdef";
const answers = ({ host }: World, answer: object) =>
  host.write("/run/answer", JSON.stringify({ jsonrpc: "2.0", id: 1, ...answer }));

sharedHost({
  setUp: async (world) => {
    const { host, holdfast, run } = world;
    await host.write("/opt/chain/node.py", node);
    await host.write("/opt/chain/holdfast.yaml", spec);
    await host.write("/etc/chain.env", `RPC_URL=http://127.0.0.1:8545/v2/${secret}\n`, 0o600);
    await run(
      "openssl req -x509 -newkey rsa:2048 -nodes -days 10 -subj /CN=chain -keyout /etc/chain.key -out /etc/chain.pem",
    ).succeeds();
    await answers(world, { result: "0x10" });
    await holdfast("apply", { directory: "/opt/chain" }).succeeds();
  },
});

type Check = { name: string; result: string; says: string; ms: number; value: unknown; limit: unknown };
type Health = { status: string; issues_found: number; warnings_found: number; checks_performed: Check[] };

async function health({ holdfast }: World, args: string): Promise<Health & { of(name: string): Check }> {
  const found = (await holdfast(`health ${args} --json`)).json() as unknown as Health;
  return { ...found, of: (name) => found.checks_performed.find((check) => check.name === name)! };
}

story(
  "an error in an answer with status 200 is red; a node that is gone leaves the application degraded, not down",
  { covers: "C-08, C-36, C-46" },
  async (world) => {
    const good = await health(world, "chain/bot");
    expect(good.status).toBe("healthy");
    expect(good.of("rpc")).toMatchObject({ result: "ok" });

    await answers(world, { error: { code: -32_000, message: `no such project ${secret}` } });
    const wrong = await health(world, "chain/bot --component rpc");
    expect(wrong.checks_performed.map(({ name }) => name)).toEqual(["rpc"]);
    expect(wrong.of("rpc")).toMatchObject({ result: "fail" });
    expect(wrong.of("rpc").says).toMatch(/^RPC: error -32000: no such project/);

    await world.holdfast("stop chain/node").succeeds();
    const gone = await health(world, "chain/bot");
    expect(gone.status).toBe("degraded");
    expect(gone.of("rpc").says).toBe("TCP: nothing listens at $RPC_URL: the connection was refused");
    expect(JSON.stringify([wrong, gone])).not.toContain(secret);
    await world.holdfast("start chain/node").succeeds();
    await answers(world, { result: "0x11" });
    expect((await health(world, "chain/bot")).status).toBe("healthy");
  },
);

story(
  "a certificate with ten days left is a warning; what a host without a network cannot test is not red",
  { covers: "C-62, C-117" },
  async (world) => {
    const found = await health(world, "chain/edges");
    expect(found).toMatchObject({ status: "degraded", issues_found: 0 });
    expect(found.of("tls")).toMatchObject({ result: "fail", limit: 14 * 86_400 });
    expect(found.of("tls").says).toMatch(/chain\.pem is valid for 9 days, under 14 days$/);
    expect(found.of("anchor")).toMatchObject({
      result: "unknown",
      says: "TCP: no way to 8.8.8.8:53: this host is offline",
    });
  },
);

story(
  "a server and a resolver that never answer are named, and hold up no other check",
  { covers: "G-02, G-07, G-29, C-114" },
  async (world) => {
    await world.host.write("/opt/hole.py", hole);
    await world.host.write("/etc/resolv.conf", "nameserver 127.0.0.2\n");
    await world.run("systemd-run --unit=hole /usr/bin/python3 /opt/hole.py").succeeds();
    const began = Date.now();
    const found = await health(world, "chain/silence");
    const took = Date.now() - began;
    expect(found.of("quiet").says).toMatch(
      /^HTTP: .* accepts the connection and does not answer within 2 s$/,
    );
    expect(found.of("dns")).toMatchObject({
      result: "fail",
      says: expect.stringMatching(/^DNS: /) as string,
    });
    // Without a resolver nothing is known about who is behind a name.
    for (const name of names) {
      expect(found.of(name).result).toBe("unknown");
      expect(found.of(name).says).toMatch(/^DNS: /);
    }
    for (const name of ["open", "program"]) {
      expect(found.of(name).result).toBe("ok");
      expect(found.of(name).ms).toBeLessThan(1500);
    }
    // 2 s for the checks; the process ends when the last look-up, of 4 s, has.
    expect(took).toBeLessThan(9000);
  },
);
