import { expect } from "vitest";
import type { Outcome } from "../../src/rehearse/outcome.ts";
import { checkout, sharedHost, story, waitUntil, type World } from "./story.ts";

const program = `#!/usr/bin/python3
import http.server
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", 8201), Health).serve_forever()
`;

const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const inThreeDays = weekdays[(new Date().getUTCDay() + 3) % 7]!;

const spec = `
app: drilled
description: something that is drilled
user: daemon
directory: /opt/drilled
windows: { closed: { days: ${inThreeDays} }, open: {} }
notify: { wait-for-heal: 0s, channels: { journal: { journal: {} } } }
services:
  web:
    run: ./serve
    runtime: python
    hardening: basic
    restart: { delay: 200ms }
    grace: 1s
    ready: { http: "http://127.0.0.1:8201/", within: 30s }
    health: [{ http: { url: "http://127.0.0.1:8201/", every: 1s, timeout: 1s, fails: 2 } }]
  never: { run: /usr/bin/sleep infinity, restart: { on: never }, ready: { settle: 0s } }
  front: { run: /usr/bin/sleep infinity, after: [web], ready: { settle: 0s } }
`;

/** Answers the first question that a program asks at a terminal: answer.py ANSWER PROGRAM... */
const answer = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
seen = b""
answered = False
try:
    while chunk := os.read(terminal, 4096):
        seen += chunk
        if not answered and b"to go on:" in seen:
            os.write(terminal, sys.argv[1].encode() + b"\\n")
            answered = True
except OSError:
    pass
print(seen.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

sharedHost({
  setUp: async ({ host, holdfast }) => {
    await host.write("/opt/drilled/serve", program, 0o755);
    await host.write("/opt/drilled/holdfast.yaml", spec);
    await host.write("/opt/drilled/answer.py", answer);
    await holdfast("--file /opt/drilled/holdfast.yaml apply").succeeds();
  },
});

const pidOf = ({ unit }: World) => unit("drilled-web.service").show("MainPID");

story(
  "a drill says what it will do, and does nothing that nobody has agreed to, that is not safe, or at a wrong time",
  { covers: "G-34, A-62" },
  async (story) => {
    const { holdfast } = story;
    const pid = await pidOf(story);
    const asked = await holdfast("drill drilled/web --fault crash").fails(2);
    asked.says("web: its main process is killed (SIGKILL)").says("front goes by it").says("--yes");
    asked.says("what is still wrong at its end is told by journal");
    (await holdfast("drill drilled/web --fault memory --yes").fails(2)).says(
      "Cannot do memory on the live host",
    );
    (await holdfast("drill drilled/web --yes").fails(2)).says("--fault crash");
    (await holdfast("drill drilled/web --fault crash --yes --during closed").fails(1)).says(
      "it is not within closed",
    );
    (await holdfast("drill drilled/web --fault crash --yes --during lunch").fails(2)).says(
      "one of: closed, open",
    );
    await holdfast(["stop", "drilled/front", "--why", "to see"]).succeeds();
    (await holdfast("drill drilled/web --fault crash --yes").fails(1)).says("drilled/front is stopped");
    await holdfast("start drilled/front").succeeds();
    expect(await pidOf(story)).toBe(pid);
    await holdfast("status drilled").says("drilled: never rehearsed");
    (await holdfast("doctor drilled/web")).says("? its promises were seen to hold");
  },
);

story(
  "a crash and a freeze of live services are mended, nobody is told, nothing is left down, and the report is evidence for this spec alone",
  { covers: "G-34, G-40, A-62" },
  async (story) => {
    const { holdfast, host, run, unit } = story;
    const pid = await pidOf(story);
    const result = await holdfast(
      "--json drill drilled/web drilled/never --fault crash freeze --yes --during open",
      {
        timeout: 220_000,
      },
    );
    const report = result.succeeds().json() as { outcomes: Outcome[]; live: boolean };
    expect(report.live).toBe(true);
    const verdicts = report.outcomes.map(({ fault, service, verdict }) => `${fault} ${service} ${verdict}`);
    expect(verdicts.toSorted()).toEqual([
      "crash never gap",
      "crash web kept",
      "freeze never gap",
      "freeze web kept",
    ]);
    await unit("drilled-never.service").is("active");
    for (const { detect, recover } of report.outcomes.filter(({ service }) => service === "web")) {
      expect(detect).toBeGreaterThan(0);
      expect(recover).toBeGreaterThanOrEqual(detect!);
    }
    expect(await pidOf(story)).not.toBe(pid);
    expect(report.outcomes.flatMap(({ told }) => told.flatMap(({ to }) => to))).toEqual([]);
    expect((await run("journalctl --no-pager -u drilled-notify.service")).stdout).not.toMatch(/OPEN|web:/);

    await holdfast("status drilled").says(
      /drilled: drilled .* ago: 2 kept, 2 not promised; for the spec in force/,
    );
    (await holdfast("doctor drilled/web")).says("✓ its promises were seen to hold");
    const last = await holdfast("rehearse --last drilled --html /root/drill.html").succeeds();
    last.says("drilled: 2 kept, 2 not promised").says("(live, all of it");
    expect(await host.read("/root/drill.html")).toContain("it freezes (SIGSTOP)");

    await run(["sed", "-i", "s/something that/another thing that/", "/opt/drilled/holdfast.yaml"]).succeeds();
    await holdfast("--file /opt/drilled/holdfast.yaml apply").succeeds();
    await holdfast("status drilled").says(/2 kept, 2 not promised; stale: the spec has changed since/);
    (await holdfast("doctor drilled/web")).says("! its promises were seen to hold");
  },
);

story(
  "a drill that is due is spoken of once, until somebody does it",
  { covers: "G-40, A-62" },
  async (story) => {
    const { holdfast, host, run, unit } = story;
    const text = (await host.read("/opt/drilled/holdfast.yaml"))!;
    await host.write(
      "/opt/drilled/holdfast.yaml",
      `${text}drill: { every: 30d, faults: [agent-killed], evidence: 60d }\n`,
    );
    (await holdfast("--file /opt/drilled/holdfast.yaml apply").succeeds()).says("drilled-drill.timer");
    expect(await unit("drilled-drill.timer").show("UnitFileState")).toBe("enabled");
    await holdfast("status drilled").says(/drilled: next drill due \d{4}-\d\d-\d\d: agent-killed/);
    const said = async () => (await run("journalctl --no-pager -o cat -u drilled-notify.service")).stdout;
    const remind = () => run("systemctl start drilled-drill.service").succeeds();
    await remind();

    // The spec has asked for it for 40 days.
    const older = `import sqlite3; d = sqlite3.connect("/var/lib/holdfast/holdfast.db"); d.execute("UPDATE changes SET finished = strftime('%Y-%m-%dT%H:%M:%SZ', finished, '-40 days')"); d.commit()`;
    await run(["python3", "-c", older]).succeeds();
    await holdfast("status drilled").says(/drilled: drill overdue since \d{4}-\d\d-\d\d: agent-killed/);
    const { rehearsed } = (await holdfast("--json status drilled")).json() as {
      rehearsed: { drill: { overdue: boolean; faults: string[] } }[];
    };
    expect(rehearsed[0]!.drill).toMatchObject({ overdue: true, faults: ["agent-killed"] });
    const doctor = await holdfast("doctor drilled/web");
    doctor
      .says(/! it is drilled here every 30d.*drill overdue since/)
      .says("holdfast drill drilled --fault agent-killed");
    // A journald that is late asks the kernel about programs that have ended since.
    await run("systemctl kill --signal=STOP systemd-journald.service").succeeds();
    await remind();
    const sent = async () => {
      const { messages } = (await holdfast("--json notify list drilled").succeeds()).json();
      return (messages as { title: string; status: string }[]).filter(({ status }) => status === "sent");
    };
    await waitUntil("the reminder is sent", sent, {
      accept: (found) => found.some(({ title }) => title.includes("drill overdue since")),
    });
    await run("systemctl kill --signal=CONT systemd-journald.service").succeeds();
    await remind();
    await waitUntil("people are told", said, { accept: (found) => found.includes("drill overdue since") });
    expect((await said()).match(/\[warning\] .*drill overdue since/g)).toHaveLength(1);

    // Done, it is not due.
    await holdfast("drill drilled/web --fault agent-killed --yes", { timeout: 220_000 }).succeeds();
    await holdfast("status drilled").says(/next drill due/);
    (await holdfast("doctor drilled/web")).says("✓ it is drilled here every 30d");
  },
);

story("a rehearsal is kept on the host that asked for it", { covers: "G-40" }, async ({ holdfast }) => {
  const spec = "--file /opt/drilled/holdfast.yaml";
  await holdfast(`${spec} rehearse web --fault crash`, { timeout: 220_000 }).succeeds();
  await holdfast("status drilled").says(
    // What was drilled for this spec before counts along.
    /drilled: rehearsed .* ago: 2 kept; for the spec in force; last drill/,
  );
  const { kind, outcomes } = (await holdfast(`${spec} --json rehearse --last`).succeeds()).json();
  expect({ kind, outcomes }).toMatchObject({
    kind: "rehearsal",
    outcomes: [{ fault: "crash", service: "web", verdict: "kept" }],
  });
});

story(
  "at a terminal the name of the application is typed, and no other word will do",
  { covers: "A-62" },
  async (story) => {
    const { run } = story;
    const pid = await pidOf(story);
    const drill = [`${checkout}/bin/holdfast`, "drill", "drilled/web", "--fault", "agent-killed"];
    const asked = (word: string) => run(["python3", "/opt/drilled/answer.py", word, ...drill]);
    (await asked("yes").fails(2)).says("Nothing was done: that was not its name");
    (await asked("drilled").succeeds()).says("every process ran on").says("drilled: 1 kept");
    expect(await pidOf(story)).toBe(pid);
  },
);
