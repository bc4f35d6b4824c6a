import { expect } from "vitest";
import { sharedHost, story, waitUntil, type World } from "./story.ts";
import { breakerOf, eventsOf, healsOf, waitForEvent, waitUntilHealthy, putOrder } from "./watched.ts";

// Loops that are too slow for systemd's own limit, and one that is not. What loops does so from the first story on, so that
// the waits of one story are over when the next one comes.

const directory = "/opt/loops";

const program = `
import os, sys, time

manner, order = sys.argv[1], "${directory}/orders/" + sys.argv[1]
here = os.path.exists

def ended(seconds):
    "Lives for so long from the day that it is ordered to, unless it has been mended."
    while not here("${directory}/go") or here(order + "-mended"):
        time.sleep(0.05)
    time.sleep(seconds)
    sys.exit(1)

if manner == "flicker":
    ended(2)
if manner == "slow":
    ended(4)
if manner == "burst":
    if here("data/burst"):
        sys.exit(1)
    while not here("${directory}/go"):
        time.sleep(0.05)
    time.sleep(4)
    open("data/burst", "w").close()
    sys.exit(1)
if manner == "hopeless" and here(order):
    sys.exit(3)
while True:
    if path := os.environ.get("HOLDFAST_BEAT"):
        open(path, "w").close()
    time.sleep(0.1)
`;

const python = "/usr/bin/python3 main.py";
const restart = "restart: { delay: 100ms, limit: 1000 per 1h }";
const spec = `
app: loops
user: loops
directory: ${directory}
supervision: agent
services:
  burst:   { run: ${python} burst, writes: [data], ready: { settle: 0s }, grace: 1s, ${restart}, heal: { crashes: 4 per 1h } }
  slow:    { run: ${python} slow, ready: { settle: 0s }, grace: 1s, ${restart}, heal: { crashes: 3 per 1h } }
  flicker:
    run: ${python} flicker
    ready: { settle: 0s }
    grace: 1s
    ${restart}
    heal: { crashes: 4 per 1h, rearm: 3s, proof: 5s }
  rare:    { run: ${python} rare, ready: { settle: 0s }, grace: 1s, ${restart}, heal: { crashes: 2 per 3s } }
  hopeless:
    run: ${python} hopeless
    ready: { settle: 0s }
    grace: 1s
    restart: { delay: 100ms, limit: 3 per 1h }
    heal: { crashes: 50 per 1h }
  forgets:
    run: ${python} forgets
    ready: { settle: 0s }
    grace: 1s
    restart: { delay: 100ms, limit: 1000 per 1h, reset-after: 3s }
    health: [{ beat: { within: 2s } }]
`;

let began = 0;

sharedHost({
  name: "loops",
  setUp: async (world) => {
    const { host, holdfast, run } = world;
    await host.write(`${directory}/main.py`, program);
    await host.write(`${directory}/holdfast.yaml`, spec);
    await run(["install", "-d", "-m", "0777", `${directory}/orders`]).succeeds();
    await holdfast("apply", { directory }).succeeds();
    await waitUntilHealthy(holdfast, "loops/rare");
    await waitUntilHealthy(holdfast, "loops/forgets");
    began = Date.now();
    await host.write(`${directory}/go`, "");
    await crash(world, "forgets");
  },
});

const unitOf = (name: string): string => `loops-${name}.service`;
const pidOf = ({ unit }: World, name: string): Promise<string> => unit(unitOf(name)).show("MainPID");
const order = (from: World, name: string, text = ""): Promise<void> =>
  putOrder(from, `${directory}/orders/${name}`, text);

async function crash(from: World, name: string): Promise<void> {
  const pid = await pidOf(from, name);
  await from.run(["kill", "-KILL", pid]).succeeds();
  await waitUntil(`${name} runs again`, async () => ![pid, "0"].includes(await pidOf(from, name)));
}

async function restartsOf({ run }: World, name: string): Promise<number> {
  const rows = (await eventsOf(run, name)).filter(({ kind }) => kind === "restarted-by-systemd");
  return rows.map(({ data }) => Number(JSON.parse(String(data)).restarts)).reduce((a, b) => a + b, 0);
}

for (const { name, dies, limit } of [
  { name: "burst", dies: "dies at once again and again, having been good for 4 s", limit: 4 },
  { name: "slow", dies: "dies every 4 s, which systemd's limit never sees", limit: 3 },
])
  story(
    `a service that ${dies}: its breaker opens, on record, and every start is refused`,
    { covers: "C-77, C-78, C-79, G-16" },
    async (from) => {
      const { holdfast, run, unit } = from;
      const opened = await waitForEvent(run, name, "breaker-opened", { after: began });
      expect(String(opened["says"])).toMatch(
        new RegExp(`systemd restarted it \\d+ times within 1 h, over ${limit}`),
      );
      await unit(unitOf(name)).waitFor("inactive");
      const restarts = await restartsOf(from, name);
      expect(restarts).toBeGreaterThan(limit);
      // PM2 restarts the first of them 356 times in half a minute, and goes on.
      expect(restarts).toBeLessThan(60);

      await run(`systemctl start ${unitOf(name)}`).fails();
      await unit(unitOf(name)).is("inactive");
      await holdfast(`status loops/${name}`).says(/held|breaker/);
      await holdfast("history loops").says(new RegExp(`${name}: .*held: systemd restarted it`));
      const [heal] = await healsOf(run, name);
      expect(heal).toMatchObject({ act: "stop", cause: "breaker", counts: 0, outcome: "helped" });
    },
  );

story(
  "one that dies every 2 s with rearm: it is tried again by itself, held for twice as long, and closes when it is mended",
  { covers: "C-77, C-80, G-16", timeout: 300_000 },
  async (from) => {
    const { run, unit } = from;
    const openings = await waitUntil(
      "it has opened twice",
      async () => {
        const rows = (await eventsOf(run, "flicker")).filter(({ kind }) => kind === "breaker-opened");
        return rows.length >= 2 ? rows.slice(0, 2) : null;
      },
      { timeout: 120_000, interval: 200 },
    );
    const [first, second] = openings!.map(({ at, says, data }) => ({
      at: Number(at),
      says: String(says),
      ...(JSON.parse(String(data)) as { rearmAt: number; trips: number }),
    }));
    expect(first!.says).toContain("systemd restarted it");
    expect(second!.says).toContain("in the try after re-arming");
    expect([first!.trips, second!.trips]).toEqual([1, 2]);
    expect(Math.round((first!.rearmAt - first!.at) / 100)).toBe(30);
    expect(Math.round((second!.rearmAt - second!.at) / 100)).toBe(60);
    const tried = await waitForEvent(run, "flicker", "breaker-half-open");
    expect(Number(tried["at"])).toBeGreaterThanOrEqual(first!.rearmAt);
    expect(Number(tried["at"])).toBeLessThan(first!.rearmAt + 10_000);

    await order(from, "flicker-mended");
    const closed = await waitForEvent(run, "flicker", "breaker-closed", { timeout: 120_000 });
    expect(String(closed["says"])).toContain("went well");
    await unit(unitOf("flicker")).is("active/running");
    expect(await breakerOf(run, "flicker")).toBe("closed");
  },
);

story(
  "one that crashes once in a while is started again by systemd, and its breaker stays closed",
  { covers: "G-19, C-77" },
  async (from) => {
    const { run, unit } = from;
    for (let times = 1; times <= 4; times++) {
      await crash(from, "rare");
      const rows = await waitUntil("it is counted", async () => {
        const all = (await eventsOf(run, "rare")).filter(({ kind }) => kind === "restarted-by-systemd");
        return all.length >= times ? all : null;
      });
      const at = Number(rows!.at(-1)!["at"]);
      // At most two within 3 s, and these are further apart.
      await waitUntil("a while has passed", () => Date.now() > at + 2000);
    }
    expect(await restartsOf(from, "rare")).toBe(4);
    expect((await eventsOf(run, "rare")).map(({ kind }) => kind)).not.toContain("breaker-opened");
    await unit(unitOf("rare")).is("active/running");
  },
);

story(
  "when systemd itself gives up, that opens the breaker; a reset with a reason gets it going when it is mended",
  { covers: "C-77, C-79, G-16, G-47" },
  async (from) => {
    const { holdfast, run, unit } = from;
    const at = Date.now();
    await order(from, "hopeless");
    await run(["kill", "-KILL", await pidOf(from, "hopeless")]).succeeds();
    const opened = await waitForEvent(run, "hopeless", "breaker-opened", { after: at });
    expect(String(opened["says"])).toContain("systemd gave up");
    await run(`systemctl start ${unitOf("hopeless")}`).fails();

    await run(["rm", `${directory}/orders/hopeless`]).succeeds();
    await holdfast(["reset", "loops/hopeless", "--reason", "the key is there again"]).succeeds();
    await unit(unitOf("hopeless")).is("active/running");
    expect(await breakerOf(run, "hopeless")).toBe("closed");
    const closed = (await eventsOf(run, "hopeless")).findLast(({ kind }) => kind === "breaker-closed");
    expect(String(closed!["says"])).toContain("the key is there again");
  },
);

story(
  "after good health for restart.reset-after, systemd counts restarts, and waits longer between them, from the beginning",
  { covers: "G-47, C-80" },
  async (from) => {
    const { run, unit } = from;
    const restarted = await waitForEvent(run, "forgets", "restarted-by-systemd", { after: began });
    // A failed unit is called good again after a minute.
    const options = { after: began, timeout: 150_000 };
    const forgotten = await waitForEvent(run, "forgets", "crashes-forgotten", options);
    expect(Number(forgotten["at"]) - Number(restarted["at"])).toBeGreaterThanOrEqual(2900);
    expect(await unit(unitOf("forgets")).show("NRestarts")).toBe("0");
    await crash(from, "forgets");
    await waitUntil("the next crash is counted", async () => (await restartsOf(from, "forgets")) === 2);
    // Once, and then there was nothing to forget.
    expect(await timesForgotten(from)).toBe(1);
  },
);

async function timesForgotten({ run }: World): Promise<number> {
  return (await eventsOf(run, "forgets")).filter(({ kind }) => kind === "crashes-forgotten").length;
}
