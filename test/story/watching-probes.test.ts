import { expect } from "vitest";
import { readRecord } from "./record.ts";
import { checkout, sharedHost, story, waitUntil, type World } from "./story.ts";
import { eventsOf, healsOf, waitUntilHealthy } from "./watched.ts";

// A bare host: what a first apply makes there, and watching without anything that is resident.

const directory = "/opt/looks";
const gemini = "/opt/gemini-trader";

const program = `
import os, signal, sys, time
if "--stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    open(os.environ["HOLDFAST_BEAT"], "w").close()
    print("worked", flush=True)
    time.sleep(0.1)
`;

const health = "health: [{ beat: { within: 1s } }, { log: { match: worked, fresh: 3s } }]";
const spec = `
app: looks
user: looks
directory: ${directory}
supervision: probes
services:
  bot:
    run: /usr/bin/python3 main.py
    ready: { settle: 0s }
    stop: { timeout: 2s }
    grace: 1s
    ${health}
    heal: { limit: 2 per 1h, proof: 5s }
  stubborn:
    run: /usr/bin/python3 main.py --stubborn
    ready: { settle: 0s }
    stop: { timeout: 4s }
    grace: 1s
    ${health}
    heal: { proof: 5s }
`;

sharedHost({
  name: "bare",
  setUp: async ({ host, holdfast }) => {
    await host.write(`${directory}/main.py`, program);
    await host.write(`${directory}/holdfast.yaml`, spec);
    await holdfast(`-f ${directory}/holdfast.yaml apply`).succeeds();
    await waitUntilHealthy(holdfast, "looks/bot");
    await waitUntilHealthy(holdfast, "looks/stubborn");
  },
});

const pidOf = ({ unit }: World, name: string): Promise<string> =>
  unit(`looks-${name}.service`).show("MainPID");

/** What the timer does at every full minute. */
const look = ({ run }: World) => run("systemctl start looks-check.service");

async function freeze(from: World, name: string): Promise<string> {
  const pid = await pidOf(from, name);
  await from.run(["kill", "-STOP", pid]).succeeds();
  const at = Date.now();
  // Its heartbeat is to be older than its limit when somebody looks.
  await waitUntil("it is silent for longer than it may", () => Date.now() - at > 1500);
  return pid;
}

/** A look, as often as it takes until a heal has come to its end. */
async function lookUntilHealed(from: World, name: string, count: number): Promise<Record<string, unknown>> {
  return waitUntil(
    `heal ${count} of ${name} is over`,
    async () => {
      await look(from);
      const heal = (await healsOf(from.run, name))[count - 1];
      return heal?.["finished"] == null ? null : heal;
    },
    { interval: 500, timeout: 90_000 },
  ) as Promise<Record<string, unknown>>;
}

story(
  "level probes: nothing of Holdfast is resident; a look sees a stopped process, takes evidence, restarts it, and shows that it helped",
  { covers: "G-01, G-08, G-15, G-22, G-34" },
  async (from) => {
    const { host, run, unit, holdfast } = from;
    await unit("looks-check.timer").is("active");
    expect(await unit("holdfast-agent.service").show("LoadState")).toBe("not-found");
    const pid = await freeze(from, "bot");
    const state = (await run(["cat", `/proc/${pid}/status`])).stdout;
    expect(state).toMatch(/State:\s+T/);

    await look(from).succeeds();
    const [begun] = await healsOf(run, "bot");
    expect(begun).toMatchObject({ act: "restart", who: "check", counts: 1, pid_before: Number(pid) });
    const heal = await lookUntilHealed(from, "bot", 1);
    expect(heal).toMatchObject({ outcome: "helped" });
    expect(String(heal["pid_after"])).toBe(await pidOf(from, "bot"));
    const evidence = JSON.parse((await host.read(String(heal["evidence"])))!);
    expect(evidence.processes.list[0]).toMatchObject({ pid: Number(pid), state: "T" });
    await holdfast("history bot").says(/heal +bot: restart .*helped/);
    // Between two looks there is nobody.
    await waitUntil("nothing of Holdfast runs", async () => {
      const { stdout } = await run(["pgrep", "-af", "agent\\.cjs|check\\.cjs|carry-heal"]);
      return stdout.trim() === "";
    });
  },
);

story(
  "level probes: killed in the middle of a heal, the next look brings it to its end",
  { covers: "G-06, G-08, G-13, G-32" },
  async (from) => {
    const { run } = from;
    await freeze(from, "stubborn");
    await waitUntil("it is being stopped", async () => {
      await run("systemctl start --no-block looks-check.service").succeeds();
      return (await healsOf(run, "stubborn")).some(({ step }) => step === "stop");
    });
    await run("systemctl kill --kill-whom=all --signal=KILL looks-check.service").succeeds();
    const heal = await lookUntilHealed(from, "stubborn", 1);
    expect(heal).toMatchObject({ outcome: "helped", act: "restart" });
    expect(await healsOf(run, "stubborn")).toHaveLength(1);
    const { stdout } = await run(["pgrep", "-fc", "main.py --stubborn"]);
    expect(stdout.trim()).toBe("1");
  },
);

story(
  "level probes: the same budget; when it is spent the breaker opens and holds",
  { covers: "G-08, G-15, G-16" },
  async (from) => {
    const { run, unit } = from;
    const before = (await healsOf(run, "bot")).filter(({ counts }) => counts === 1).length;
    for (let count = before + 1; count <= 2; count++) {
      await freeze(from, "bot");
      expect(await lookUntilHealed(from, "bot", count)).toMatchObject({ outcome: "helped" });
    }
    await freeze(from, "bot");
    await waitUntil(
      "the breaker is open",
      async () => {
        await look(from);
        return (await eventsOf(run, "bot")).some(({ kind }) => kind === "breaker-opened");
      },
      { interval: 500 },
    );
    await unit("looks-bot.service").waitFor("inactive");
    await run("systemctl start looks-bot.service").fails();
    expect((await healsOf(run, "bot")).filter(({ counts }) => counts === 1)).toHaveLength(2);
  },
);

story(
  "the example on a bare host: made with its owner and its limits, enabled, running, and no permission is refused",
  { covers: "G-21, G-24, G-30, G-31, G-33" },
  async ({ host, run, holdfast, unit }) => {
    await run(`sh prepare.sh ${gemini}`, { directory: `${checkout}/examples/gemini-trader` }).succeeds();
    await host.write(
      `${gemini}/holdfast.yaml`,
      (await run(["cat", `${checkout}/examples/gemini-trader/holdfast.yaml`])).stdout,
    );
    await run("id gemini").fails();
    await holdfast(`-f ${gemini}/holdfast.yaml apply`).succeeds();

    for (const name of [
      "gemini-trader-broker.service",
      "gemini-trader-trader.service",
      "holdfast-agent.service",
    ]) {
      await unit(name).is("active");
      expect(await unit(name).show("UnitFileState")).toBe("enabled");
    }
    const trader = unit("gemini-trader-trader.service");
    expect(await trader.show("MemoryMax")).toBe("1073741824");
    expect(await trader.show("CPUQuotaPerSecUSec")).toBe("800ms");
    expect(await trader.show("User")).toBe("gemini");
    expect((await run(["stat", "-c", "%U %F", `${gemini}/state`])).stdout.trim()).toBe("gemini directory");
    await waitUntilHealthy(holdfast, "gemini-trader/trader");
    expect(await trader.show("NRestarts")).toBe("0");
    const words = (await holdfast("logs gemini-trader --since 10m").succeeds()).stdout;
    expect(words).toContain("VIX: ");
    expect(words).not.toMatch(/permission denied|read-only file system|EACCES|EPERM/i);
    // The agent does its part: every check of the spec is judged.
    await waitUntil("each check is judged", async () => {
      const rows = await readRecord(
        run,
        "SELECT check_id AS id FROM check_states WHERE app = 'gemini-trader'",
      );
      return rows.length >= 6;
    });
  },
);

story(
  "an entry point without its execute bit: apply refuses it, and doctor names it before the next start fails",
  { covers: "G-23" },
  async ({ host, run, holdfast, unit }) => {
    const path = "/opt/entry/bin/start";
    await host.write(path, "#!/bin/sh\nexec sleep infinity\n", 0o755);
    await host.write(
      "/opt/entry/holdfast.yaml",
      "app: entry\nuser: entry\ndirectory: /opt/entry\nservices:\n  main: { run: bin/start, ready: { settle: 0s } }\n",
    );
    const apply = () => holdfast("-f /opt/entry/holdfast.yaml apply");
    await run(["chmod", "-x", path]).succeeds();
    const refused = await apply().fails(1);
    refused.says(`${path} is not an executable file`).says(`chmod +x ${path}`);

    await run(["chmod", "+x", path]).succeeds();
    await apply().succeeds();
    const pid = await unit("entry-main.service").show("MainPID");
    await holdfast("doctor entry").succeeds();
    await run(["chmod", "-x", path]).succeeds();
    const named = await holdfast("doctor entry").fails(1);
    named.says(`${path} is not an executable file`).says(`chmod +x ${path}`);
    expect(await unit("entry-main.service").show("MainPID")).toBe(pid);

    await host.write(path, "#!/opt/gone/sh\nexec sleep infinity\n", 0o755);
    (await holdfast("doctor entry").fails(1)).says(
      `${path} is to be run by /opt/gone/sh, which does not exist`,
    );
    await host.write(path, "#!/bin/sh\nexec sleep infinity\n", 0o755);
    await holdfast("doctor entry").succeeds();
  },
);
