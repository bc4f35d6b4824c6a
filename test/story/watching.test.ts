import { expect } from "vitest";
import { readRecord } from "./record.ts";
import { sharedHost, story, waitUntil, type World } from "./story.ts";
import { eventsOf, healsOf, waitForEvent, waitForHeal, waitUntilHealthy, putOrder } from "./watched.ts";

// Starts that take long, helpers that are killed, and logs that say too much or nothing more.

const directory = "/opt/moods";

const program = `
import os, subprocess, sys, time

manner, order = sys.argv[1], "${directory}/orders/" + sys.argv[1]
here = os.path.exists

def eat():
    hoard = []
    while True:
        hoard.append(os.urandom(1) * 4000000)

def write():
    while True:
        print("worked", flush=True)
        with open("data/" + manner, "a") as file:
            file.write("worked\\n")
        time.sleep(0.2)

if "--eat" in sys.argv:
    eat()
if "--write" in sys.argv:
    write()
if manner == "sleepy":
    time.sleep(6)
if manner in ("scribe", "clerk", "pen"):
    child = subprocess.Popen([sys.executable, __file__, manner, "--write"])
while True:
    if path := os.environ.get("HOLDFAST_BEAT"):
        open(path, "w").close()
    if manner == "erring" and here(order):
        lines = int(open(order).read())
        os.unlink(order)
        for number in range(lines):
            print("ERROR order", number, "was refused", flush=True)
    if manner == "quitter" and here(order):
        os.unlink(order)
        sys.exit(0)
    if manner == "family" and here(order):
        os.unlink(order)
        # A helper that is killed leaves its parent without an answer, and the parent says so and ends.
        status = subprocess.call([sys.executable, __file__, manner, "--eat"])
        print("the helper ended with", status, flush=True)
        sys.exit(9)
    time.sleep(0.1)
`;

const python = "/usr/bin/python3 main.py";
const spec = `
app: moods
user: moods
directory: ${directory}
services:
  sleepy:
    run: ${python} sleepy
    ready: { settle: 0s }
    grace: 8s
    stop: { timeout: 2s }
    health: [{ beat: { within: 2s } }]
    heal: { limit: 3 per 1h }
  family:
    run: ${python} family
    writes: [orders]
    ready: { settle: 0s }
    restart: { delay: 100ms }
    limits: { memory: 48M }
    health: [{ beat: { within: 30s } }]
  erring:
    run: ${python} erring
    writes: [orders]
    ready: { settle: 0s }
    grace: 1s
    health: [{ log: { name: errors, match: ERROR, at-most: 4 per 1m, every: 1s, heals: false } }]
  quitter:
    run: ${python} quitter
    writes: [orders]
    ready: { settle: 0s }
    health: [{ beat: { within: 30s } }]
  scribe:
    run: ${python} scribe
    writes: [data]
    ready: { settle: 0s }
    grace: 1s
    stop: { timeout: 2s }
    health: [{ log: { match: worked, fresh: 3s } }]
    heal: { proof: 5s }
  pen:
    run: ${python} pen
    writes: [data]
    ready: { settle: 0s }
    grace: 1s
    stop: { timeout: 2s }
    health: [{ log: { match: worked, fresh: 3s } }]
  clerk:
    run: ${python} clerk
    writes: [data]
    ready: { settle: 0s }
    grace: 1s
    stop: { timeout: 2s }
    health: [{ file: { path: data/clerk, fresh: 3s } }]
    heal: { proof: 5s }
`;

sharedHost({
  name: "moods",
  setUp: async ({ host, holdfast, run }) => {
    await host.write(`${directory}/main.py`, program);
    await host.write(`${directory}/holdfast.yaml`, spec);
    await run(["install", "-d", "-m", "0777", `${directory}/orders`]).succeeds();
    await holdfast("apply", { directory }).succeeds();
  },
});

const unitOf = (name: string): string => `moods-${name}.service`;
const pidOf = ({ unit }: World, name: string): Promise<string> => unit(unitOf(name)).show("MainPID");
const order = (from: World, name: string, text = ""): Promise<void> =>
  putOrder(from, `${directory}/orders/${name}`, text);

async function crash(from: World, name: string): Promise<void> {
  const pid = await pidOf(from, name);
  await from.run(["kill", "-KILL", pid]).succeeds();
  await waitUntil(`${name} runs again`, async () => ![pid, "0"].includes(await pidOf(from, name)));
}

/** The one process of a service besides its main one. */
async function childOf(from: World, name: string): Promise<string> {
  return waitUntil(`${name} has its child`, async () =>
    (await from.run(["pgrep", "-P", await pidOf(from, name)])).stdout.trim(),
  );
}

story(
  "a slow starter that freezes is restarted, and left alone while it starts: by us, by systemd, by a person",
  { covers: "G-01, G-13, G-47", timeout: 300_000 },
  async (from) => {
    const { run, holdfast } = from;
    await waitUntilHealthy(holdfast, "moods/sleepy");
    expect(await healsOf(run, "sleepy")).toEqual([]);
    const pid = await pidOf(from, "sleepy");
    const at = Date.now();
    await run(["kill", "-STOP", pid]).succeeds();
    const heal = await waitForHeal(run, "sleepy", { after: at, timeout: 120_000 });
    expect(heal).toMatchObject({ outcome: "helped", act: "restart", pid_before: Number(pid) });
    // It has not beaten for 6 s of its start, three times its limit.
    expect(Number(heal["finished"]) - Number(heal["ready_at"])).toBeGreaterThan(5000);

    const again = Date.now();
    await crash(from, "sleepy");
    await waitUntil("it has been good since", async () => {
      const { services } = (await holdfast("health moods/sleepy --json")).json();
      return Date.now() > again + 6000 && ["healthy", "degraded"].includes(services[0].overall);
    });
    expect(await healsOf(run, "sleepy")).toHaveLength(1);
    const failing = (await eventsOf(run, "sleepy")).filter(
      (event) => event["check_id"] === "beat" && event["kind"] === "check-failing",
    );
    expect(failing).toHaveLength(1);
  },
);

story(
  "the kernel kills a helper for its memory: its service alone is affected, and the restart is counted with its cause",
  { covers: "G-19, G-30, G-45, C-109" },
  async (from) => {
    const { run, unit } = from;
    const neighbours = ["sleepy", "erring", "scribe", "clerk", "pen"];
    const pids = (): Promise<string[]> => Promise.all(neighbours.map((name) => pidOf(from, name)));
    const [before, pid, agent] = [
      await pids(),
      await pidOf(from, "family"),
      await unit("holdfast-agent.service").show("MainPID"),
    ];
    const at = Date.now();
    await order(from, "family");
    const seen = await waitForEvent(run, "family", "restarted-by-systemd", { after: at });
    // With cgroup v2 systemd itself is told of the kill and ends the rest; with v1 the parent says how its helper ended.
    const data = JSON.parse(String(seen["data"])) as { restarts: number; cause: string };
    expect(data.restarts).toBe(1);
    expect(data.cause).toMatch(/memory|exit code 9/);
    await unit(unitOf("family")).waitFor("active/running");
    expect(await pidOf(from, "family")).not.toBe(pid);
    expect(await pids()).toEqual(before);
    expect(await unit("holdfast-agent.service").show("MainPID")).toBe(agent);
    expect(await healsOf(run, "family")).toEqual([]);
  },
);

story(
  "who ends by itself without an error is not taken for one that somebody has stopped: it is told, and not started again",
  { covers: "P-01, G-09" },
  async (from) => {
    const { holdfast, run, unit } = from;
    const quitter = unit(unitOf("quitter"));
    await waitUntilHealthy(holdfast, "moods/quitter");
    const at = Date.now();
    await order(from, "quitter");
    await quitter.waitFor("inactive");
    const failing = await waitForEvent(run, "quitter", "check-failing", { after: at });
    expect(failing).toMatchObject({ check_id: "unit" });
    expect(failing["says"]).toContain("it ended by itself with exit code 0");
    const health = await holdfast("health moods/quitter").fails();
    health.says("unhealthy").says("it ended by itself with exit code 0").doesNotSay("on purpose");
    // The services that fail together with it are one incident.
    const alerts = await readRecord(run, "SELECT says, incident FROM alerts WHERE service = ?", "quitter");
    expect(alerts).toEqual([
      { says: expect.stringContaining("it ended by itself with exit code 0"), incident: expect.any(Number) },
    ]);
    await quitter.is("inactive");
    expect(await healsOf(run, "quitter")).toEqual([]);

    await holdfast("start moods/quitter").succeeds();
    await waitUntilHealthy(holdfast, "moods/quitter");
    await run(`systemctl stop ${unitOf("quitter")}`).succeeds();
    (await holdfast("health moods/quitter"))
      .says("stopped on purpose")
      .says("it was stopped outside Holdfast");
    await holdfast("start moods/quitter").succeeds();
  },
);

story(
  "five errors within a minute are one failure of the rule, not one for each line; four are none",
  { covers: "G-17, G-07" },
  async (from) => {
    const { holdfast, run } = from;
    const counted = async (): Promise<number> => {
      const [check] = (await holdfast("health moods/erring --component errors --json")).json()
        .checks_performed;
      return Number(check.value);
    };
    const failures = async () =>
      (await eventsOf(run, "erring")).filter(({ kind }) => String(kind).startsWith("check-"));
    const at = Date.now();
    await order(from, "erring", "4");
    await waitUntil("four are counted", async () => (await counted()) === 4);
    expect(await failures()).toEqual([]);
    await order(from, "erring", "1");
    const failing = await waitForEvent(run, "erring", "check-failing", { after: at });
    expect(failing).toMatchObject({ check_id: "errors" });
    expect(JSON.parse(String(failing["data"]))).toMatchObject({ value: 5, limit: 4 });

    await order(from, "erring", "20");
    await waitUntil("all are counted", async () => (await counted()) >= 25);
    // Another rule that is as sharp is judged meanwhile.
    await waitForEvent(run, "pen", "check-failing", { after: await stopWriter(from, "pen") });
    expect(await failures()).toHaveLength(1);
    expect(await healsOf(run, "erring")).toEqual([]);
  },
);

async function stopWriter(from: World, name: string): Promise<number> {
  await from.run(["kill", "-STOP", await childOf(from, name)]).succeeds();
  return Date.now();
}

for (const { name, check } of [
  { name: "scribe", check: "log" },
  { name: "clerk", check: "file" },
])
  story(
    `its writer is suspended and its main process is not: freshness of its ${check} fails at its threshold, and it is healed`,
    { covers: "G-10, G-35, C-35" },
    async (from) => {
      const { run, holdfast } = from;
      await waitUntilHealthy(holdfast, `moods/${name}`);
      const [pid, child] = [await pidOf(from, name), await childOf(from, name)];
      const at = await stopWriter(from, name);
      const failing = await waitForEvent(run, name, "check-failing", { after: at });
      expect(failing).toMatchObject({ check_id: check });
      const late = Number(failing["at"]) - at;
      expect(late).toBeGreaterThan(2500);
      expect(late).toBeLessThan(3000 + 10_000);
      const heal = await waitForHeal(run, name, { after: at });
      expect(heal).toMatchObject({ outcome: "helped", cause: "freshness", pid_before: Number(pid) });
      expect(await pidOf(from, name)).not.toBe(pid);
      expect((await run(["test", "-e", `/proc/${child}`])).status).not.toBe(0);
    },
  );
