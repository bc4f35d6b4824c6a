import { expect } from "vitest";
import type { Outcome } from "../../src/rehearse/outcome.ts";
import { sharedHost, story, type World } from "./story.ts";

// What the five documents get wrong, sown into specs: each mistake has to be found by a fault that is named here. Others a spec cannot
// even say (a limit in the wrong section, a comment behind a value, a limit that is never reached, a job that may hang for ever): it is
// refused, and so no story.

const directory = "/opt/mistaken";

/** Answers on a port, and has one of the habits that the documents rely on. */
const program = `#!/usr/bin/python3
import http.server, os, signal, socket, sys, threading, time
habit, port = sys.argv[1], int(sys.argv[2])
if habit == "clean": signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
if habit == "locks":
    if os.path.exists("data/lock"): sys.exit("another one is running")
    open("data/lock", "w").close()
if habit == "caches": open("cache", "w").close()
if habit == "chatty":
    def talk():
        while True: print("alive", flush=True); time.sleep(0.5)
    threading.Thread(target=talk, daemon=True).start()
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *args): pass
server = http.server.HTTPServer(("127.0.0.1", port), Health)
if "NOTIFY_SOCKET" in os.environ:
    there = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    there.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"].replace("@", "\\0"))
server.serve_forever()
`;

const service = (habit: string, port: number, more = "") =>
  `  ${habit}: { run: [./serve, ${habit}, "${port}"], runtime: python, hardening: basic, writes: [data], ready: { http: "http://127.0.0.1:${port}/", within: 8s }, restart: { delay: 200ms, limit: 3 per 1h }${more} }\n`;
const spec = (app: string, text: string) => `app: ${app}\nuser: ${app}\ndirectory: ${directory}\n${text}`;

const specs: Record<string, string> = {
  services: spec(
    "services",
    `services:\n${[
      service("clean", 8401),
      service("chatty", 8403, ", health: [{ log: { match: alive, at-least: 1 per 3s } }], grace: 1s"),
      service("unprepared", 8404, ", reload: { signal: SIGHUP }"),
      service("locks", 8405),
    ].join("")}`,
  ),
  jobs: spec(
    "jobs",
    `jobs:
  fails: { run: [/bin/false], at: "08:00" }
  backup: { run: [/bin/true], at: "02:30", critical: true }
`,
  ),
  sandboxed: spec("sandboxed", `services:\n${service("caches", 8406)}`),
  wrapped: spec(
    "wrapped",
    `services:\n  behind: { run: [/bin/sh, -c, "./serve plain 8407; exit 0"], ready: { notify: true, within: 4s }, hardening: basic }\n`,
  ),
};

sharedHost({
  setUp: async ({ host }) => {
    await host.write(`${directory}/serve`, program, 0o755);
    for (const [name, text] of Object.entries(specs)) await host.write(`${directory}/${name}.yaml`, text);
  },
});

/** Four services with five faults each: a machine that is busy needs minutes. */
const patience = 580_000;

const rehearse = ({ holdfast }: World, name: string, ...words: string[]) =>
  holdfast(["--file", `${directory}/${name}.yaml`, "--json", "rehearse", ...words], { timeout: patience });

const found = (outcomes: readonly Outcome[], expected: Readonly<Record<string, string>>) => {
  const all = Object.fromEntries(
    outcomes.map(({ service: name, fault, verdict }) => [`${name} ${fault}`, verdict]),
  );
  const evidence = outcomes.map((one) => `${one.service} ${one.fault}: ${one.verdict}: ${one.says}`);
  expect(all, evidence.join("\n")).toMatchObject(expected);
};

story(
  "what the documents get wrong about services is found, each by the fault that it is about",
  { covers: "P-05, G-34, G-47, C-109, O-02", timeout: patience + 20_000 },
  async (world) => {
    const faults = ["crash", "ended-from-outside", "freeze", "deadlock", "reload"];
    const result = await rehearse(world, "services", "--fault", ...faults);
    const { outcomes } = result.json() as { outcomes: Outcome[] };
    found(outcomes, {
      // polybot: on-failure takes an exit with 0 for a wish to end.
      "clean ended-from-outside": "gap",
      // gemini-trader: a frozen program is active to systemd.
      "clean freeze": "gap",
      // gemini-trader: a thread that logs gives false comfort.
      "chatty deadlock": "broken",
      "chatty freeze": "kept",
      // copy-bot, oneiric: SIGHUP ends whoever does not handle it.
      "unprepared reload": "broken",
      "clean reload": "not-rehearsed",
      // oneiric: what is left in /run keeps the next start from working.
      "locks crash": "broken",
      "clean crash": "kept",
    });
    expect(result.status).toBe(1);
    for (const { verdict, fix, service: name } of outcomes)
      if (verdict === "broken") expect(fix, name ?? "").not.toBeNull();
  },
);

story(
  "what the documents get wrong about jobs is found: one that never succeeds, a backup that nobody hears of",
  { covers: "A-02, A-03" },
  async (world) => {
    const result = await rehearse(world, "jobs", "--fault", "job-runs", "missed-timer");
    const { outcomes } = result.json() as { outcomes: Outcome[] };
    found(outcomes, {
      // aurora: what started has not succeeded.
      "fails job-runs": "broken",
      // copy-bot: nobody is told that a backup did not run.
      "backup missed-timer": "gap",
    });
    expect(result.status).toBe(1);
  },
);

story(
  "a sandbox against its own program, and a wrapper that swallows readiness, do not come up, and say why",
  { covers: "O-02" },
  async (world) => {
    const refused = await rehearse(world, "sandboxed", "--fault", "crash").fails(1);
    refused.says("rehearse/does-not-start").says(/Read-only|PermissionError/);
    (await rehearse(world, "wrapped", "--fault", "crash").fails(1)).says("rehearse/does-not-start");
  },
);
