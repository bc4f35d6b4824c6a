import { expect } from "vitest";
import type { Outcome } from "../../src/rehearse/outcome.ts";
import { checkout, sharedHost, story, waitUntil, type World } from "./story.ts";

// holdfast rehearse, as somebody runs it on his own machine. That machine is a throwaway host here, so the copies are hosts
// within a host.

const directory = "/opt/demo";

/**
 * A program with a habit: it answers on a port and writes a line a second. "locks" leaves a file that keeps the next start from
 * working, "stays" holds on to life without its port, "leaky" tries to reach what is outside.
 */
const program = `#!/usr/bin/python3
import http.server, os, socket, sys, threading, time
name, port, habit = sys.argv[1], int(sys.argv[2]), (sys.argv[3:] or [""])[0]
if habit == "locks":
    if os.path.exists("${directory}/data/lock"):
        print("another one is running", flush=True)
        sys.exit(1)
    open("${directory}/data/lock", "w").close()
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *args): pass
while True:
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Health)
        break
    except OSError as error:
        print(error, flush=True)
        if habit != "stays": sys.exit(1)
        while True: time.sleep(3600)
if habit == "leaky":
    found = []
    def tries(what, reach):
        try: reach(); found.append(what)
        except OSError: pass
    def unix(path):
        s = socket.socket(socket.AF_UNIX); s.settimeout(1); s.connect(path)
    tries("the internet", lambda: socket.create_connection(("198.51.100.1", 443), 1))
    tries("a name", lambda: socket.getaddrinfo("example.org", 443))
    tries("the machine's socket", lambda: unix("/srv/machine.sock"))
    tries("the machine's abstract socket", lambda: unix("\\0machine"))
    tries("the machine's record", lambda: open("/var/lib/holdfast/canary"))
    tries("the machine's keys", lambda: open("/root/.ssh/id_canary"))
    secret = open(os.environ["CREDENTIALS_DIRECTORY"] + "/TOKEN").read().strip()
    if secret == "live-secret-4711": found.append("the live secret")
    tries("the machine's processes", lambda: [p for p in os.listdir("/proc") if p.isdigit() and b"machine-marker" in open("/proc/%s/cmdline" % p, "rb").read()][0] if any(p.isdigit() and b"machine-marker" in open("/proc/%s/cmdline" % p, "rb").read() for p in os.listdir("/proc")) else open("/nothing"))
    open("${directory}/data/found", "w").write("\\n".join(found) or "nothing")
print("listening", flush=True)
server.serve_forever()
`;

const service = (name: string, port: number, habit = "", more = "") =>
  `  ${name}: { run: ./serve ${name} ${port} ${habit}, runtime: python, hardening: basic, writes: [data], ports: [${port}], ready: { http: "http://127.0.0.1:${port}/", within: 6s }, restart: { on: failure, limit: 3 per 1h }${more} }\n`;

const spec = (app: string, services: string) =>
  `app: ${app}\nuser: ${app}\ndirectory: ${directory}\nservices:\n${services}`;

const good = spec("good", service("web", 8101, "", ", limits: { memory: 96M, tasks: 30 }"));
const weak = spec(
  "weak",
  service("locks", 8102, "locks") +
    service("stays", 8103, "stays") +
    service("never", 8104).replace("restart: { on: failure, limit: 3 per 1h }", "restart: { on: never }"),
);
const leaky = spec("leaky", service("spy", 8105, "leaky", ", secrets: { TOKEN: /etc/leaky/token }"));

sharedHost({
  setUp: async ({ host, run }) => {
    await host.write(`${directory}/serve`, program, 0o755);
    await host.write(`${directory}/good.yaml`, good);
    await host.write(`${directory}/weak.yaml`, weak);
    await host.write(`${directory}/leaky.yaml`, leaky);
    await host.write("/etc/leaky/token", "live-secret-4711\n", 0o600);
    await host.write("/root/.ssh/id_canary", "key", 0o600);
    await host.write("/var/lib/holdfast/canary", "record", 0o644);
    await run("mkdir -p /srv").succeeds();
  },
});

type Report = { outcomes: Outcome[]; upMillis: number; spec: string };

async function rehearse(
  { holdfast }: World,
  file: string,
  ...words: string[]
): Promise<{ report: Report; status: number | null }> {
  const result = await holdfast(["--file", `${directory}/${file}`, "--json", "rehearse", ...words], {
    timeout: 200_000,
  });
  return { report: result.json() as Report, status: result.status };
}

const verdicts = ({ outcomes }: Report) =>
  Object.fromEntries(
    outcomes.map(({ service: name, fault, verdict }) => [`${name ?? "all"} ${fault}`, verdict]),
  );

story(
  "what is promised is kept, fault by fault, with times and reports for people and for a CI",
  { covers: "G-34, P-69, O-02" },
  async (story) => {
    const faults = [
      "crash",
      "crash-loop",
      "deaf",
      "memory",
      "tasks",
      "port-taken",
      "journald-restarted",
      "reboot",
    ];
    const { report, status } = await rehearse(
      story,
      "good.yaml",
      "--fault",
      ...faults,
      "--junit",
      "/tmp/report.xml",
      "--html",
      "/tmp/report.html",
    );
    const evidence = JSON.stringify(
      report.outcomes.map(({ fault, verdict, says }) => [fault, verdict, says]),
    );
    expect(verdicts(report), evidence).toEqual({
      "web crash": "kept",
      "web crash-loop": "kept",
      "web deaf": "kept",
      "web memory": story.host.limits ? "kept" : "not-rehearsed",
      "web tasks": story.host.limits ? "kept" : "not-rehearsed",
      "web port-taken": "kept",
      "all journald-restarted": "kept",
      "all reboot": "kept",
    });
    expect(status).toBe(0);
    const crash = report.outcomes.find(({ fault }) => fault === "crash")!;
    expect(crash.detect).toBeGreaterThan(0);
    expect(crash.recover).toBeGreaterThan(crash.detect!);
    expect(crash.timeline.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["fault", "state", "check"]),
    );
    const loop = report.outcomes.find(({ fault }) => fault === "crash-loop")!;
    expect(loop.told.length).toBeGreaterThan(0);
    // The limit of the spec, counted by systemd.
    expect(loop.says).toContain("and 3 starts, back");
    const junit = (await story.host.read("/tmp/report.xml"))!;
    expect(junit).toContain(`tests="${faults.length}" failures="0"`);
    const html = (await story.host.read("/tmp/report.html"))!;
    expect(html).toContain("<svg");
    expect(html).not.toMatch(/<script|src=|href="[^#]/);
    expect(html).toContain(report.spec);
  },
);

story(
  "each weakness that is sown is found as a broken promise, or as one that nobody makes",
  { covers: "G-47, P-05" },
  async (story) => {
    const { report, status } = await rehearse(story, "weak.yaml", "--fault", "crash", "port-taken", "freeze");
    expect(
      verdicts(report),
      JSON.stringify(report.outcomes.map(({ service: name, fault, says }) => [name, fault, says])),
    ).toMatchObject({
      "locks crash": "broken",
      "stays port-taken": "broken",
      "never crash": "gap",
      "locks freeze": "not-rehearsed",
      "stays freeze": "gap",
    });
    expect(status).toBe(1);
    const broken = report.outcomes.find(({ service: name, fault }) => name === "locks" && fault === "crash")!;
    expect(broken.fix).not.toBeNull();
  },
);

story("nothing of the machine is within reach of what is rehearsed", { covers: "C-109" }, async (story) => {
  const { run, host } = story;
  // A machine with things to reach: listening sockets, a marked process.
  const listener =
    "import socket,time\na=socket.socket(socket.AF_UNIX); a.bind('/srv/machine.sock'); a.listen()\nb=socket.socket(socket.AF_UNIX); b.bind('\\0machine'); b.listen()\nopen('/srv/ready','w').close()\ntime.sleep(9999)";
  const holder = await host.spawn(["python3", "-c", listener, "machine-marker"]);
  await waitUntil("it listens", async () => host.exists("/srv/ready"));
  await run("chmod 0777 /srv/machine.sock").succeeds();
  // On the machine itself all of it is there: the program is able to find it.
  const reach =
    "import socket\ns=socket.socket(socket.AF_UNIX); s.connect('/srv/machine.sock')\ns=socket.socket(socket.AF_UNIX); s.connect('\\0machine')";
  await run(["python3", "-c", reach]).succeeds();
  // What it found is where the copy is; it is read there while it runs.
  const look = `for i in $(seq 600); do f=$(find /run/holdfast-throwaway /proc/*/root${directory}/data -maxdepth 6 -name found 2>/dev/null | head -1); [ -n "$f" ] && cat "$f" && exit 0; sleep 0.1; done; exit 1`;
  const lookFor = async (...words: string[]) => {
    const [seen, rehearsed] = await Promise.all([
      run(["sh", "-c", look], { timeout: 110_000 }),
      rehearse(story, "leaky.yaml", "--fault", "crash", ...words),
    ]);
    return { found: seen.stdout.trim(), report: rehearsed.report };
  };
  const { found, report } = await lookFor();
  const granted = await lookFor("--grant", "TOKEN");
  holder.kill("SIGKILL");
  expect(found).toBe("nothing");
  // It does find what it is given.
  expect(granted.found).toBe("the live secret");
  expect(verdicts(report)).toEqual({ "spy crash": "kept" });
  expect(await host.exists(`${directory}/data/found`)).toBe(false);
});

story(
  "a rehearsal that is killed leaves nothing that the next one does not sweep away",
  {},
  async (story) => {
    const { host, run } = story;
    const places = async () => (await run("ls /run/holdfast-throwaway").succeeds()).stdout.trim();
    const child = await host.spawn([
      `${checkout}/bin/holdfast`,
      "--file",
      `${directory}/good.yaml`,
      "rehearse",
      "--fault",
      "crash",
    ]);
    await waitUntil(
      "a copy is there",
      async () => (await host.exists("/run/holdfast-throwaway")) && (await places()) !== "",
    );
    await run("pkill -KILL -f rehearse").succeeds();
    await new Promise((resolve) => child.once("close", resolve));
    const { status } = await rehearse(story, "good.yaml", "--fault", "crash");
    expect(status).toBe(0);
    expect(await places()).toBe("");
    expect((await run("findmnt --noheadings --output TARGET").succeeds()).stdout).not.toContain(
      "holdfast-throwaway/",
    );
  },
);

story("what cannot be rehearsed is said before anything is booted", {}, async ({ holdfast }) => {
  const at = (file: string, ...words: string[]) =>
    holdfast(["--file", `${directory}/${file}`, "rehearse", ...words]);
  (await at("good.yaml", "--fault", "crush").fails(2)).says("there is no such fault").says("--fault crash");
  (await at("good.yaml", "nobody").fails(2)).says("no such service");
  (await at("good.yaml", "--fault", "clock").fails(2)).says("virtual machine");
});
