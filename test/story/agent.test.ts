import { expect } from "vitest";
import { readRecord } from "./record.ts";
import { sharedHost, story, waitUntil, type World } from "./story.ts";
import { eventsOf, healsOf, waitForEvent, waitForHeal, waitUntilHealthy } from "./watched.ts";

// The agent's own life: killed, away, deaf and blind, it neither harms the services nor forgets what it has done to them.

const agent = "holdfast-agent.service";

/** Beats and writes five times a second, until it is frozen. */
const beating = `
import os, signal, sys, time
if "--stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    open(os.environ["HOLDFAST_BEAT"], "w").close()
    print("worked", flush=True)
    time.sleep(0.2)
`;

/** Writes down what it is told, one line for each ping: the path and the body. */
const listener = `
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with open("/tmp/pings", "a") as file:
            file.write(self.path + " " + body + "\\n")
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
HTTPServer(("127.0.0.1", 9300), Handler).serve_forever()
`;

const health = "[{ beat: { within: 2s } }, { log: { match: worked, fresh: 3s } }]";
const spec = `
app: keeper
user: daemon
directory: /opt/keeper
heartbeat: { url: "http://127.0.0.1:9300/ping/1234-secret", every: 1s }
services:
  bot:
    run: /usr/bin/python3 beating.py
    ready: { settle: 0s }
    grace: 1s
    health: ${health}
    heal: { limit: 6 per 1h, proof: 3s }
  stubborn:
    run: /usr/bin/python3 beating.py --stubborn
    ready: { settle: 0s }
    stop: { timeout: 3s }
    grace: 1s
    health: ${health}
    heal: { limit: 6 per 1h, proof: 3s }
  mortal:
    run: /usr/bin/python3 beating.py
    ready: { settle: 0s }
    restart: { delay: 100ms, limit: 50 per 1h }
    health: ${health}
`;

sharedHost({
  name: "agent",
  setUp: async ({ host, holdfast, run }) => {
    await host.write("/opt/keeper/beating.py", beating);
    await host.write("/opt/keeper/listener.py", listener);
    await host.write("/opt/keeper/holdfast.yaml", spec);
    await run("systemd-run --unit=listener /usr/bin/python3 /opt/keeper/listener.py").succeeds();
    await holdfast("-f /opt/keeper/holdfast.yaml apply").succeeds();
    for (const name of ["bot", "stubborn", "mortal"]) await waitUntilHealthy(holdfast, `keeper/${name}`);
  },
});

const pidOf = ({ unit }: World, name: string) => unit(`keeper-${name}.service`).show("MainPID");
const agentPid = ({ unit }: World) => unit(agent).show("MainPID");

async function freeze(from: World, name: string): Promise<number> {
  await from.run(["kill", "-STOP", await pidOf(from, name)]).succeeds();
  return Date.now();
}

async function agentSays(from: World, text: string, after: number): Promise<void> {
  const since = `--since=@${(after / 1000).toFixed(3)}`;
  await waitUntil(`the agent says "${text}"`, async () => {
    const { stdout } = await from.run(["journalctl", `--unit=${agent}`, "-o", "cat", since]);
    return stdout.includes(text);
  });
}

story(
  "a program that freezes is seen within its threshold and a second, restarted, and shown to work again",
  { covers: "G-01, G-05, G-34" },
  async (from) => {
    const pid = await pidOf(from, "bot");
    const frozen = await freeze(from, "bot");
    const failing = await waitForEvent(from.run, "bot", "check-failing", { after: frozen });
    expect(Number(failing["at"]) - frozen).toBeLessThan(2_000 + 1_000);
    const heal = await waitForHeal(from.run, "bot", { after: frozen });
    expect(heal).toMatchObject({ outcome: "helped", cause: "heartbeat", pid_before: Number(pid) });
    expect(await pidOf(from, "bot")).toBe(String(heal["pid_after"]));
  },
);

story(
  "the agent killed: the services do not notice, it is back, says that it was away, and counts on from the same budget",
  { covers: "G-06, G-15, O-72", timeout: 240_000 },
  async (from) => {
    const before = (await healsOf(from.run, "bot")).filter((heal) => heal["counts"] === 1).length;
    const [pid, own] = [await pidOf(from, "bot"), await agentPid(from)];
    const killed = Date.now();
    await from.run(["kill", "-KILL", own]).succeeds();
    await waitUntil("another agent", async () => ![own, "0"].includes(await agentPid(from)));
    const away = await waitUntil("it says that it was away", async () => {
      const rows = await readRecord(from.run, "SELECT at, says FROM events WHERE kind = 'agent-was-away'");
      return rows.find((row) => Number(row["at"]) >= killed);
    });
    expect(away!["says"]).toContain("uncleanly");
    expect(await pidOf(from, "bot")).toBe(pid);

    const frozen = await freeze(from, "bot");
    await waitForHeal(from.run, "bot", { after: frozen });
    const begun = await waitForEvent(from.run, "bot", "heal-begun", { after: frozen });
    expect(JSON.parse(String(begun["data"])).count).toBe(before + 1);
  },
);

story(
  "killed in the middle of a heal, with whoever carries it out: the next one brings it to its end, and one process runs",
  { covers: "G-06, G-13, G-32", timeout: 240_000 },
  async (from) => {
    const frozen = await freeze(from, "stubborn");
    await waitUntil("it is being stopped", async () =>
      (await healsOf(from.run, "stubborn")).some((heal) => heal["step"] === "stop"),
    );
    await from.run(`systemctl kill --kill-whom=all --signal=KILL ${agent}`).succeeds();
    const heal = await waitForHeal(from.run, "stubborn", { after: frozen, timeout: 120_000 });
    expect(heal).toMatchObject({ outcome: "helped", act: "restart" });
    expect(await healsOf(from.run, "stubborn")).toHaveLength(1);
    const { stdout } = await from.run(["pgrep", "-fc", "beating.py --stubborn"]);
    expect(stdout.trim()).toBe("1");
  },
);

story(
  "restarts by systemd itself are counted, also those while nobody watched",
  { covers: "G-19, G-45" },
  async (from) => {
    const crash = async (): Promise<void> => {
      const pid = await pidOf(from, "mortal");
      await from.run(["kill", "-KILL", pid]).succeeds();
      await waitUntil("it runs again", async () => ![pid, "0"].includes(await pidOf(from, "mortal")));
    };
    const began = Date.now();
    await crash();
    const seen = await waitForEvent(from.run, "mortal", "restarted-by-systemd", { after: began });
    expect(seen["says"]).toContain("SIGKILL");
    // What it was for a moment, between failed and restarting, opens no breaker.
    expect((await eventsOf(from.run, "mortal")).map(({ kind }) => kind)).not.toContain("breaker-opened");

    await from.run(`systemctl stop ${agent}`).succeeds();
    const alone = Date.now();
    await crash();
    await crash();
    await from.run(`systemctl start ${agent}`).succeeds();
    const missed = await waitForEvent(from.run, "mortal", "restarted-by-systemd", { after: alone });
    expect(missed["says"]).toContain("2 times while nobody watched");
  },
);

story(
  "while a change is under way nothing is healed; after it, it is",
  { covers: "G-12", timeout: 240_000 },
  async (from) => {
    const sql = `
      const { DatabaseSync } = require("node:sqlite");
      new DatabaseSync("/var/lib/holdfast/holdfast.db", { timeout: 5000 }).exec(process.argv[1]);`;
    const write = (text: string) => from.run([process.execPath, "-e", sql, text]).succeeds();
    await write(
      "INSERT INTO changes (id, app, purpose, plan, who, started) VALUES (9999, 'keeper', 'apply', '{}', 'story', '2026-01-01T00:00:00Z')",
    );
    const pid = await pidOf(from, "bot");
    const frozen = await freeze(from, "bot");
    await waitUntil("it is seen to fail", async () => {
      const [row] = await readRecord(
        from.run,
        "SELECT state FROM check_states WHERE service = 'bot' AND check_id = 'beat'",
      );
      const { last } = JSON.parse(String(row!["state"]));
      return last.result === "fail";
    });
    expect(await pidOf(from, "bot")).toBe(pid);
    await write("UPDATE changes SET outcome = 'undone', finished = started WHERE id = 9999");
    await waitForHeal(from.run, "bot", { after: frozen });
    expect(await pidOf(from, "bot")).not.toBe(pid);
  },
);

story("what a person stops with systemctl stays stopped", { covers: "G-09" }, async (from) => {
  const { run, unit } = from;
  const began = Date.now();
  await run("systemctl stop keeper-mortal").succeeds();
  // Longer than all of its limits: a service that is watched is frozen and healed in the meantime.
  const frozen = await freeze(from, "bot");
  await waitForHeal(run, "bot", { after: frozen });
  await unit("keeper-mortal.service").is("inactive");
  const since = (await eventsOf(run, "mortal")).filter((event) => Number(event["at"]) >= began);
  expect(since).toEqual([]);
  await run("systemctl start keeper-mortal").succeeds();
});

story(
  "the bus restarted: heals wait and the outside is told; when it is back, they go on",
  { covers: "G-06, P-78", timeout: 240_000 },
  async (from) => {
    const { run, host } = from;
    const pings = async (): Promise<string[]> => ((await host.read("/tmp/pings")) ?? "").split("\n");
    await waitUntil("pings that all is well", async () => (await pings()).includes("/ping/1234-secret "));
    const began = Date.now();
    await run("systemctl stop dbus.socket dbus.service");
    await agentSays(from, "systemd cannot be heard", began);
    await waitUntil("the outside is told", async () =>
      (await pings()).some((ping) => ping.startsWith("/ping/1234-secret/fail systemd cannot be asked")),
    );
    await run("systemctl start dbus.socket dbus.service").succeeds();
    await agentSays(from, "systemd is heard", began);
    const frozen = await freeze(from, "bot");
    await waitForHeal(run, "bot", { after: frozen });
    // The address is a secret.
    await run(["journalctl", `--unit=${agent}`]).doesNotSay("1234-secret");
  },
);

story(
  "journald restarted, and the follower killed: no false alarm, and silence is still seen",
  { covers: "G-10, C-35", timeout: 240_000 },
  async (from) => {
    const { run } = from;
    const began = Date.now();
    await run("systemctl restart systemd-journald.service systemd-journald@keeper.service").succeeds();
    await run(["pkill", "-KILL", "-f", "journalctl --output=export"]).succeeds();
    await agentSays(from, "journalctl has ended", began);
    // Longer than the limit of 3 s.
    const frozen = await freeze(from, "stubborn");
    const heal = await waitForHeal(run, "stubborn", { after: frozen, timeout: 120_000 });
    expect(heal["outcome"]).toBe("helped");
    const others = (await eventsOf(run, "bot")).filter(
      (event) =>
        Number(event["at"]) >= began && event["check_id"] === "log" && event["kind"] === "check-failing",
    );
    expect(others).toEqual([]);
  },
);

story("a person's command waits for a heal of the agent, and is not refused", {}, async (from) => {
  const { run, holdfast, unit } = from;
  const frozen = await freeze(from, "stubborn");
  await waitUntil("it is being stopped", async () =>
    (await healsOf(run, "stubborn")).some((heal) => heal["step"] === "stop" && Number(heal["at"]) >= frozen),
  );
  await holdfast("stop keeper/mortal")
    .succeeds()
    .then((result) => result.says("Waiting for a heal by the agent"));
  await unit("keeper-mortal.service").is("inactive");
  await holdfast("start keeper/mortal").succeeds();
  expect((await waitForHeal(run, "stubborn", { after: frozen }))["outcome"]).toBe("helped");
});

story(
  "a damaged record is put aside and begun anew, aloud; the services run on, and a freeze is still healed",
  { covers: "G-06, G-32", timeout: 240_000 },
  async (from) => {
    const { run, host } = from;
    const pid = await pidOf(from, "bot");
    await run(`systemctl stop ${agent}`).succeeds();
    await run("rm -f /var/lib/holdfast/holdfast.db-wal /var/lib/holdfast/holdfast.db-shm").succeeds();
    await host.write(
      "/var/lib/holdfast/holdfast.db",
      "this is not a database, and never was one ".repeat(500),
      0o600,
    );
    const began = Date.now();
    await run(`systemctl start ${agent}`).succeeds();
    await agentSays(from, "the record was damaged", began);
    const { stdout } = await run(["ls", "/var/lib/holdfast"]);
    expect(stdout).toContain("holdfast.db.damaged-");
    expect(await pidOf(from, "bot")).toBe(pid);
    const frozen = await freeze(from, "bot");
    await waitUntil("it is restarted", async () => ![pid, "0"].includes(await pidOf(from, "bot")), {
      timeout: 120_000,
    });
    expect(frozen).toBeGreaterThan(0);
  },
);
