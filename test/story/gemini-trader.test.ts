import { expect } from "vitest";
import { checkout, sharedHost, story, waitUntil, type World } from "./story.ts";
import {
  breakerOf,
  eventsOf,
  healsOf,
  waitForEvent,
  waitForHeal,
  waitUntilHealthy,
  putOrder,
} from "./watched.ts";

// The gemini-trader example's programs, once for each way to freeze, so that each has a heal budget of its own.

const example = `${checkout}/examples/gemini-trader`;
const directory = "/opt/gemini-trader";

const traders = ["frozen", "blocked", "locked", "stormy", "leaky", "patient", "alone", "quiet"] as const;

/** The example's own service with thresholds that one can wait for. */
function trader(name: string, index: number, more = ""): string {
  return `
  ${name}:
    run: /usr/bin/python3 main.py
    after: [broker]
    env: { set: { FAULT_FILE: state/${name}, HEALTH_PORT: "${8101 + index}" } }
    ready: { http: "http://127.0.0.1:${8101 + index}/health", within: 10s }
    restart: { delay: 300ms }
    stop: { timeout: 2s }
    limits: { memory: 160M, tasks: 64 }
    writes: [state]
    grace: 1s
    health:
      - beat: { within: 3s }
      - log: { name: activity, match: "VIX|Position|Update", at-least: 1 per 4s }
      - http: { name: broker, url: "http://127.0.0.1:9200/ping", dependency: broker, every: 1s, timeout: 1s, fails: 2 }
      - http: { url: "http://127.0.0.1:${8101 + index}/health", every: 1s, timeout: 1s }
      - memory: { at-most: 25%, every: 500ms }
    heal: { limit: 3 per 1h, proof: 6s${more} }`;
}

const spec = `
app: gemini
user: gemini
directory: ${directory}
services:
  broker:
    run: [/usr/bin/python3, broker.py, --every, "0.2"]
    ready: { http: "http://127.0.0.1:9200/ping" }
    writes: [state]
${traders
  .map((name, index) =>
    trader(
      name,
      index,
      { leaky: ", recycle: 40%", patient: ", do: alert-only", stormy: ", rearm: 4s", quiet: "" }[
        name as string
      ] ?? "",
    ),
  )
  .join("")}
`;

sharedHost({
  name: "gemini",
  setUp: async ({ host, holdfast, run }) => {
    await run(`sh prepare.sh ${directory}`, { directory: example }).succeeds();
    await host.write(`${directory}/holdfast.yaml`, spec);
    await holdfast(`-f ${directory}/holdfast.yaml apply`).succeeds();
    await Promise.all(traders.map((name) => waitUntilHealthy(holdfast, `gemini/${name}`)));
  },
});

/** Has a bot misbehave; the moment of it. */
async function order(world: World, name: string, fault: string): Promise<number> {
  await putOrder(world, `${directory}/state/${name}`, fault);
  return Date.now();
}

const pidOf = ({ unit }: World, name: string) => unit(`gemini-${name}.service`).show("MainPID");

async function frozenAndHealed(world: World, name: string, fault: string): Promise<void> {
  const { run, unit } = world;
  const pid = await pidOf(world, name);
  const ordered = await order(world, name, fault);

  const failing = await waitForEvent(run, name, "check-failing", { after: ordered });
  // 3 s without a beat; bench/peers.ts measures how soon after it, this only that it is no minute.
  expect(Number(failing["at"]) - ordered).toBeLessThan(3_000 + 10_000);

  const heal = await waitForHeal(run, name, { after: ordered });
  expect(heal).toMatchObject({ act: "restart", outcome: "helped", counts: 1, pid_before: Number(pid) });
  expect(String(heal["pid_after"])).toBe(await pidOf(world, name));
  expect(await pidOf(world, name)).not.toBe(pid);
  await unit(`gemini-${name}.service`).is("active/running");
}

story(
  "stopped by SIGSTOP, it is active and not progressing; it is seen at its threshold, restarted, and proven to work again",
  { covers: "G-01, G-05, G-12, G-19, G-22, G-34" },
  async (world) => {
    const ordered = Date.now();
    await frozenAndHealed(world, "frozen", "freeze");
    const [heal] = await healsOf(world.run, "frozen");
    expect(String(heal!["cause"])).toMatch(/heartbeat|activity/);
    const evidence = JSON.parse((await world.host.read(String(heal!["evidence"])))!);
    expect(JSON.stringify(evidence)).toContain("main.py");
    const kinds = (await eventsOf(world.run, "frozen"))
      .filter((event) => Number(event["at"]) >= ordered)
      .map((event) => event["kind"]);
    expect(kinds).toEqual(expect.arrayContaining(["check-failing", "heal-begun", "heal-ended"]));
  },
);

story(
  "blocked in a read with no data, while its web server says 200 and a side thread says that all is well",
  { covers: "G-01, G-04, G-11" },
  (world) => frozenAndHealed(world, "blocked", "read"),
);

story("deadlocked in its main thread, with a side thread still logging", { covers: "G-04" }, (world) =>
  frozenAndHealed(world, "locked", "deadlock"),
);

story(
  "a hung broker degrades the bots and restarts none of them; when it answers again they are well again",
  { covers: "G-02, C-08" },
  async (world) => {
    const { holdfast, run } = world;
    const before = await healsOf(run, "alone");
    const pid = await pidOf(world, "alone");
    const ordered = await order(world, "broker-fault", "hang");
    await waitForEvent(run, "alone", "check-failing", { after: ordered });

    const health = await waitUntil(
      "it is degraded by its broker",
      async () => {
        const [service] = (await holdfast("health gemini/alone --json")).json().services;
        return service.dependency === "broker" ? service : null;
      },
      { interval: 300 },
    );
    expect(health).toMatchObject({ overall: "degraded", active: true });
    // The beat is 3 s, the activity 4 s: both have failed by now, and nothing was restarted.
    await waitForEvent(run, "alone", "check-failing", { after: ordered + 3_500 });
    expect(await healsOf(run, "alone")).toEqual(before);
    expect(await pidOf(world, "alone")).toBe(pid);

    await run(["rm", `${directory}/state/broker-fault`]).succeeds();
    for (const name of traders.filter((other) => other !== "patient"))
      await waitUntilHealthy(holdfast, `gemini/${name}`);
    expect(await pidOf(world, "alone")).toBe(pid);
  },
);

story(
  "four freezes within the hour: three restarts, then the breaker, which refuses every start until it re-arms",
  { covers: "G-15, G-16, G-36, C-77, C-78", timeout: 400_000 },
  async (world) => {
    const { run, unit, holdfast } = world;
    const began = await order(world, "stormy", "always:freeze");
    await waitForEvent(run, "stormy", "breaker-opened", { after: began, timeout: 180_000 });

    const heals = (await healsOf(run, "stormy")).filter(
      (heal) => Number(heal["at"]) >= began && heal["counts"] === 1,
    );
    expect(heals).toHaveLength(3);
    expect(heals.map((heal) => heal["outcome"])).not.toContain("helped");
    await unit("gemini-stormy.service").waitFor("inactive");
    await run("systemctl start gemini-stormy").fails();
    await holdfast("status gemini/stormy").says(/held|breaker/);

    await run(["rm", `${directory}/state/stormy`]).succeeds();
    await waitForEvent(run, "stormy", "breaker-half-open", { after: began, timeout: 90_000 });
    await waitForEvent(run, "stormy", "breaker-closed", { after: began, timeout: 120_000 });
    await unit("gemini-stormy.service").is("active");
    expect(await breakerOf(run, "stormy")).toBe("closed");
  },
);

story(
  "a leak is a warning first, then a graceful restart before the limit kills it",
  { covers: "G-03, C-109, C-111" },
  async (world) => {
    const { run, unit } = world;
    const ordered = await order(world, "leaky", "leak:8");
    const warned = await waitForEvent(run, "leaky", "check-failing", { after: ordered });
    expect(warned["check_id"]).toBe("memory");
    const heal = await waitForHeal(run, "leaky", { after: ordered });
    expect(heal).toMatchObject({ act: "recycle", outcome: "helped" });
    expect(Number(heal["at"])).toBeGreaterThan(Number(warned["at"]));
    expect(await unit("gemini-leaky.service").show("NRestarts")).toBe("0");
  },
);

story("alert-only: a frozen bot is seen, and left for a person", { covers: "G-07" }, async (world) => {
  const { holdfast, run } = world;
  const pid = await pidOf(world, "patient");
  const ordered = await order(world, "patient", "freeze");
  await waitForEvent(run, "patient", "check-failing", { after: ordered });
  const result = await holdfast("health gemini/patient --json");
  expect(result.status).toBe(2);
  expect(result.json().services[0]).toMatchObject({ overall: "unhealthy", active: true, progressing: false });
  expect(await healsOf(run, "patient")).toEqual([]);
  expect(await pidOf(world, "patient")).toBe(pid);
});

story("what a person stops stays stopped, and is not called a fault", { covers: "G-09" }, async (world) => {
  const { holdfast, run, unit } = world;
  await holdfast(["stop", "gemini/quiet", "--reason", "looking at it"]).succeeds();
  const stopped = Date.now();

  // The yardstick: another bot with the same limits fails, is seen and is healed in the same time.
  await frozenAndHealed(world, "alone", "freeze");

  await unit("gemini-quiet.service").is("inactive");
  const events = (await eventsOf(run, "quiet")).filter((event) => Number(event["at"]) >= stopped);
  expect(events.filter(({ kind }) => kind === "check-failing" || kind === "heal-begun")).toEqual([]);
  const [service] = (await holdfast("health gemini/quiet --json")).json().services;
  expect(service).toMatchObject({ overall: "stopped" });
  await holdfast("start gemini/quiet").succeeds();
});
