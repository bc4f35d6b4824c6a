import { expect } from "vitest";
import type { AskedUpstream } from "../../src/rehearse/asked-upstreams.ts";
import type { Outcome } from "../../src/rehearse/outcome.ts";
import { sharedHost, story, waitUntil, type World } from "./story.ts";

// What an application talks to, on a machine where the real one is within reach: the copy must not reach it, and be answered.

const directory = "/opt/demo";

/**
 * A program that asks for a price over and over. "robust" waits two seconds for an answer and looks at certificates; "hangs" waits
 * for ever and looks at none; "dies" ends with its first error.
 */
const program = `#!/usr/bin/python3
import http.server, json, os, socket, ssl, sys, threading, time, urllib.request
port, habit = int(sys.argv[1]), sys.argv[2]
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *args): pass
threading.Thread(target=http.server.ThreadingHTTPServer(("127.0.0.1", port), Health).serve_forever, daemon=True).start()
context = ssl._create_unverified_context() if habit == "hangs" else ssl.create_default_context()
def ask(path):
    with urllib.request.urlopen("https://api.broker.example" + path, timeout=None if habit == "hangs" else 2, context=context) as answer:
        return json.load(answer)
if habit == "robust":
    token = open(os.environ["CREDENTIALS_DIRECTORY"] + "/TOKEN").read().strip()
    print("account", ask("/v1/account/" + token), flush=True)
    with socket.create_connection(("feed.example", 7001), 5) as feed:
        assert feed.recv(100) == b"READY\\r\\n"
while True:
    try: print("price", ask("/v1/price?symbol=ABC")["price"], flush=True)
    except Exception as error:
        if habit == "dies": raise
        print("no price:", error, flush=True)
    time.sleep(0.2)
`;

const service = (name: string, port: number, more: string) =>
  `  ${name}: { run: ./worker ${port} ${name}, runtime: python, ports: [${port}], ready: { http: "http://127.0.0.1:${port}/", within: 30s }, ${more} }\n`;

const spec = (services: string) => `app: demo
user: demo
directory: ${directory}
services:
${services}jobs:
  nightly: { run: /bin/true, at: "03:00" }
upstreams:
  feed: { url: "feed.example:7001", for: [nightly], greeting: "READY\\r\\n" }
  broker:
    url: https://api.broker.example
    answers:
      - { method: GET, path: /v1/price, file: price.json }
`;
const good = spec(
  service(
    "robust",
    8201,
    `secrets: { TOKEN: /etc/demo/token }, health: [{ log: { match: "^price", fresh: 3s } }, { http: { url: "https://api.broker.example/v1/price", every: 1s, timeout: 1s, fails: 2, dependency: broker } }]`,
  ),
);
const weak = spec(
  service("dies", 8203, "restart: { on: failure, limit: 2 per 1h }") +
    service("hangs", 8202, "restart: { on: failure }"),
);

/** The real thing: it writes down that it was reached. */
const real = `import socket
s = socket.create_server(("127.0.0.1", 443)); open("/srv/listening", "w").close()
while True: s.accept()[0].close(); open("/srv/reached", "a").write("reached\\n")`;

sharedHost({
  setUp: async ({ host, run }) => {
    await host.write(`${directory}/worker`, program, 0o755);
    await host.write(`${directory}/price.json`, '{"price": 101.5}');
    await host.write(`${directory}/good.yaml`, good);
    await host.write(`${directory}/weak.yaml`, weak);
    await host.write("/etc/demo/token", "live-secret-4711\n", 0o600);
    await run("mkdir -p /srv").succeeds();
    await host.write("/etc/hosts", "127.0.0.1 localhost api.broker.example\n");
    (await host.spawn(["python3", "-c", real])).stdin!.end();
    await waitUntil("the real thing listens", () => host.exists("/srv/listening"));
  },
});

type Report = { outcomes: Outcome[]; upstreams: AskedUpstream[] };

async function rehearse({ holdfast }: World, file: string, faults: string[]): Promise<Report> {
  const words = ["--file", `${directory}/${file}`, "--json", "rehearse", "--fault", ...faults];
  return (await holdfast(words, { timeout: 400_000 })).json() as Report;
}

const verdicts = ({ outcomes }: Report) =>
  Object.fromEntries(
    outcomes.map(({ service: name, fault, verdict }) => [`${name ?? "all"} ${fault}`, verdict]),
  );
const saysOf = ({ outcomes }: Report) =>
  JSON.stringify(outcomes.map(({ service: name, fault, says }) => [name, fault, says]));
const outcome = ({ outcomes }: Report, name: string, fault: string) =>
  outcomes.find((one) => one.service === name && one.fault === fault)!;

story(
  "a stand-in answers by the real name, over TLS that is trusted, and a program that waits comes through whatever breaks",
  { covers: "G-02", timeout: 480_000 },
  async (story) => {
    const { host, run } = story;
    const faults = [
      "upstream-down",
      "upstream-500",
      "upstream-hang",
      "upstream-expired",
      "dns-gone",
      "reboot",
    ];
    const report = await rehearse(story, "good.yaml", faults);
    expect(verdicts(report), saysOf(report)).toEqual({
      "robust upstream-down": "kept",
      "robust upstream-500": "kept",
      "robust upstream-hang": "kept",
      "robust upstream-expired": "kept",
      "robust dns-gone": "kept",
      "all reboot": "kept",
    });
    // Its own check fails in the outage, too; the other one says why, so that nothing is restarted.
    const down = outcome(report, "robust", "upstream-down");
    expect(down.says).toMatch(/^stayed up, was called degraded by broker, asked broker again/);

    const [feed, broker] = report.upstreams as [AskedUpstream, AskedUpstream];
    expect(broker.by["demo-robust.service"]).toBeGreaterThan(10);
    // A program in Node asked as well, and trusted the certificate.
    expect(broker.by["holdfast-agent.service"]).toBeGreaterThan(2);
    const answers = broker.requests
      .filter(({ what }) => what === "GET /v1/price?symbol=ABC")
      .map(({ answer }) => answer);
    expect(answers).toEqual(expect.arrayContaining(["200", "500"]));
    expect(broker.undeclared).toEqual(["GET /v1/account/[TOKEN]"]);
    expect(feed.by["demo-robust.service"]).toBeGreaterThanOrEqual(2);

    // The name leads to the real thing on this machine, and nobody went there.
    expect(await host.exists("/srv/reached")).toBe(false);
    await run([
      "python3",
      "-c",
      'import socket; socket.create_connection(("api.broker.example", 443))',
    ]).succeeds();
    await waitUntil("it was reached", () => host.exists("/srv/reached"));
    // The authority of a rehearsal is trusted on the copy alone.
    expect(await host.exists("/etc/ssl/certs/holdfast-rehearsal.pem")).toBe(false);
  },
);

story(
  "a program that waits for ever, one that looks at no certificate and one that dies of it are found",
  { covers: "G-02, G-47", timeout: 480_000 },
  async (story) => {
    const report = await rehearse(story, "weak.yaml", ["upstream-hang", "upstream-expired"]);
    expect(verdicts(report), saysOf(report)).toMatchObject({
      "dies upstream-expired": "broken",
      // It hangs from the turn of the other one on, and is started anew for its own.
      "hangs upstream-hang": "broken",
      "hangs upstream-expired": "broken",
    });
    const hang = outcome(report, "hangs", "upstream-hang");
    expect(hang.says).toContain("did not ask broker again");
    expect(hang.fix).toContain("time-out");
    expect(outcome(report, "hangs", "upstream-expired").says).toContain("a certificate that has expired");
    expect(outcome(report, "dies", "upstream-expired").says).toMatch(/gave it up|circuit breaker/);
  },
);

story("answers that are not there are told before anything is booted", {}, async ({ host, holdfast }) => {
  await host.write(`${directory}/wrong.yaml`, good.replace("price.json", "prize.json"));
  const refused = await holdfast(["--file", `${directory}/wrong.yaml`, "rehearse", "--fault", "crash"]).fails(
    2,
  );
  refused.says("Cannot read the answers in").says("prize.json").says("wrong.yaml:13:");
});
