import { expect } from "vitest";
import { readRecord } from "./record.ts";
import { sharedHost, story, waitUntil, type World } from "./story.ts";
import { eventsOf, healsOf, waitForEvent, waitForHeal, waitUntilHealthy } from "./watched.ts";

// What goes wrong around the watched services while the agent runs: the disk, servers that never answer, a crowd.

const directory = "/opt/storm";
const state = "/var/lib/holdfast";
const agent = "holdfast-agent.service";

const program = `
import os, time
while True:
    open(os.environ["HOLDFAST_BEAT"], "w").close()
    print("worked", flush=True)
    time.sleep(0.2)
`;

/** Takes connections and never says a word. */
const mute = `
import socket
server = socket.create_server(("127.0.0.1", 9400), backlog=1000)
held = []
while True:
    held.append(server.accept())
`;

const bot = `run: /usr/bin/python3 main.py, ready: { settle: 0s }, stop: { timeout: 2s }, grace: 1s`;
const beat = "{ beat: { within: 2s } }, { log: { match: worked, fresh: 4s } }";
const never = Array.from(
  { length: 30 },
  (_, index) =>
    `{ http: { name: mute-${index}, url: "http://127.0.0.1:9400/${index}", every: 1s, timeout: 2s, heals: false } }`,
).join(", ");
const spec = `
app: storm
user: daemon
directory: ${directory}
heartbeat: { url: "http://127.0.0.1:9400/ping/4321-secret", every: 1s }
services:
  bot:   { ${bot}, health: [${beat}], heal: { limit: 9 per 1h, proof: 4s } }
  calm:  { ${bot}, health: [${beat}], heal: { limit: 9 per 1h, proof: 4s } }
  asker: { ${bot}, health: [${beat}, ${never}] }
`;

const many = 100;
const crowd = `
app: crowd
user: daemon
directory: ${directory}
supervision: agent
services:
${Array.from(
  { length: many },
  (_, index) =>
    `  s${index}: { run: /usr/bin/sleep infinity, hardening: basic, ready: { settle: 0s }, restart: { delay: 100ms }, grace: 1s }`,
).join("\n")}
`;

sharedHost({
  name: "storm",
  setUp: async ({ host, holdfast, run }) => {
    await host.write(`${directory}/main.py`, program);
    await host.write(`${directory}/mute.py`, mute);
    await host.write(`${directory}/holdfast.yaml`, spec);
    await host.write(`${directory}/crowd.yaml`, crowd);
    await run(`systemd-run --unit=mute /usr/bin/python3 ${directory}/mute.py`).succeeds();
    await holdfast(`-f ${directory}/holdfast.yaml apply`).succeeds();
    for (const name of ["bot", "calm"]) await waitUntilHealthy(holdfast, `storm/${name}`);
  },
});

const pidOf = ({ unit }: World, name: string): Promise<string> =>
  unit(`storm-${name}.service`).show("MainPID");

async function freeze(from: World, name: string): Promise<number> {
  await from.run(["kill", "-STOP", await pidOf(from, name)]).succeeds();
  return Date.now();
}

async function agentSays({ run }: World, text: string | RegExp, after: number): Promise<void> {
  const since = `--since=@${(after / 1000).toFixed(3)}`;
  await waitUntil(
    `the agent says ${text}`,
    async () => {
      const { stdout } = await run(["journalctl", `--unit=${agent}`, "-o", "cat", since]);
      return typeof text === "string" ? stdout.includes(text) : text.test(stdout);
    },
    { timeout: 90_000, interval: 200 },
  );
}

story(
  "servers that never answer, thirty checks and the dead man's switch: others are judged on time, and the address is in no log",
  { covers: "G-29, G-02, G-06" },
  async (from) => {
    const { run } = from;
    await waitForEvent(run, "asker", "check-failing");
    const pid = await pidOf(from, "bot");
    const frozen = await freeze(from, "bot");
    const failing = await waitForEvent(run, "bot", "check-failing", { after: frozen });
    expect(failing).toMatchObject({ check_id: "beat" });
    // Monit's interval grows with every server that does not answer; thirty of them, one after another, would be a minute.
    expect(Number(failing["at"]) - frozen).toBeLessThan(2000 + 5000);
    const heal = await waitForHeal(run, "bot", { after: frozen });
    expect(heal).toMatchObject({ outcome: "helped", pid_before: Number(pid) });

    const asker = await pidOf(from, "asker");
    const each = await waitUntil(
      "each of the thirty has failed by itself",
      async () => {
        const rows = (await eventsOf(run, "asker")).filter(({ kind }) => kind === "check-failing");
        return new Set(rows.map((row) => row["check_id"])).size === 30 ? rows : null;
      },
      { timeout: 120_000, interval: 300 },
    );
    expect(String(each![0]!["says"])).toMatch(/no answer|did not answer|within 2 s/i);
    expect(await healsOf(run, "asker")).toEqual([]);
    expect(await pidOf(from, "asker")).toBe(asker);
    await run(["journalctl", `--unit=${agent}`]).doesNotSay("4321-secret");
  },
);

story(
  "the disk is full while the agent runs: it is asked and answers, a freeze is healed or said, and with room all is recorded again",
  { covers: "G-06, G-32", timeout: 300_000 },
  async (from) => {
    const { run, holdfast } = from;
    await using disk = await smallDisk(from, state);
    await run(`systemctl restart ${agent}`).succeeds();
    await waitUntilHealthy(holdfast, "storm/calm");
    const before = await healsOf(run, "calm");
    await disk.fill();
    const began = Date.now();

    for (const command of ["health storm/calm", "status storm", "logs storm/calm -n 5"]) {
      const said = await holdfast(command);
      expect(said.stdout, command).toContain("calm");
      expect([0, 1, 2], command).toContain(said.status);
    }
    const pid = await pidOf(from, "calm");
    await freeze(from, "calm");
    await waitUntil("it is restarted", async () => ![pid, "0"].includes(await pidOf(from, "calm")), {
      timeout: 90_000,
    });
    await agentSays(from, /database or disk is full|without a record/, began);
    await holdfast("status storm/calm").says("calm");

    await disk.makeRoom();
    await agentSays(from, "the record can be written again", began);
    const frozen = await freeze(from, "calm");
    const heal = await waitForHeal(run, "calm", { after: frozen });
    expect(heal).toMatchObject({ outcome: "helped" });
    expect((await healsOf(run, "calm")).length).toBeGreaterThan(before.length);
    // What was seen while nothing could be written is written now, with the time at which it was seen.
    const seen = await waitForEvent(run, "calm", "check-failing", { after: began });
    expect(Number(seen["at"])).toBeLessThan(frozen);
  },
);

story(
  `${many} services die at once: each restart is counted, nobody who is innocent is called ill or healed, and the agent stays small`,
  { covers: "G-19, G-45, G-06", timeout: 300_000 },
  async (from) => {
    const { run, holdfast, unit } = from;
    await holdfast(`-f ${directory}/crowd.yaml apply`).succeeds();
    await waitUntil("all are watched", async () => {
      const rows = await readRecord(run, "SELECT unit FROM unit_marks WHERE unit LIKE 'crowd-%'");
      return rows.length === many;
    });
    const innocent = ["bot", "calm"];
    for (const name of innocent) await waitUntilHealthy(holdfast, `storm/${name}`);
    const heals = await Promise.all(innocent.map((name) => healsOf(run, name)));
    const pids = await Promise.all(innocent.map((name) => pidOf(from, name)));
    const agentPid = await unit(agent).show("MainPID");
    const began = Date.now();
    await run(["systemctl", "kill", "--signal=KILL", "crowd-*.service"]).succeeds();
    const counted = async (): Promise<Map<string, number>> => {
      const rows = await readRecord(
        run,
        "SELECT service, data FROM events WHERE app = 'crowd' AND kind = 'restarted-by-systemd'",
      );
      const sums = new Map<string, number>();
      for (const { service, data } of rows)
        sums.set(
          String(service),
          (sums.get(String(service)) ?? 0) + Number(JSON.parse(String(data)).restarts),
        );
      return sums;
    };
    const sums = await waitUntil("all are counted", counted, {
      accept: (found) => found.size === many,
      timeout: 120_000,
      interval: 300,
    });
    expect([...sums.values()]).toEqual(Array.from({ length: many }, () => 1));
    await waitUntil("all run again", async () => {
      const { stdout } = await run(
        "systemctl list-units --plain --no-legend --state=active crowd-s*.service",
      );
      return stdout.trim().split("\n").length === many;
    });
    const opened = await readRecord(run, "SELECT service FROM events WHERE kind = 'breaker-opened'");
    expect(opened).toEqual([]);
    for (const [index, name] of innocent.entries()) {
      expect(await healsOf(run, name)).toEqual(heals[index]);
      expect(await pidOf(from, name)).toBe(pids[index]);
      const bad = (await eventsOf(run, name)).filter(
        (event) => Number(event["at"]) >= began && event["kind"] === "check-failing",
      );
      expect(bad).toEqual([]);
    }
    expect(await unit(agent).show("MainPID")).toBe(agentPid);
    const { stdout } = await run(["grep", "VmRSS", `/proc/${agentPid}/status`]);
    expect(Number(/(\d+) kB/.exec(stdout)![1])).toBeLessThan(120 * 1024);
  },
);

/** Puts a file system of eight megabytes in the place of a directory, with the same files in it, until the end of the story. */
async function smallDisk(
  { run }: World,
  path: string,
): Promise<AsyncDisposable & { fill(): Promise<void>; makeRoom(): Promise<void> }> {
  const temporary = "/run/story-disk";
  await run(["mkdir", "-p", temporary]).succeeds();
  await run(["mount", "-t", "tmpfs", "-o", "size=8M", "none", temporary]).succeeds();
  await run(["systemctl", "stop", agent]).succeeds();
  await run(["cp", "--archive", `${path}/.`, temporary]).succeeds();
  await run(["mount", "--bind", temporary, path]).succeeds();
  const makeRoom = async (): Promise<void> => {
    await run(["rm", "-f", `${path}/filler`]).succeeds();
  };
  return {
    makeRoom,
    async fill() {
      await run(["dd", "if=/dev/zero", `of=${path}/filler`, "bs=64K"])
        .fails()
        .then((result) => result.says("No space left"));
      await run(["sh", "-c", `cat /dev/zero >> ${path}/filler`]).fails();
    },
    async [Symbol.asyncDispose]() {
      await makeRoom();
      await run(["systemctl", "stop", agent]);
      await run(["umount", path]);
      await run(["cp", "--archive", `${temporary}/.`, path]);
      await run(["umount", temporary]);
      await run(["systemctl", "start", agent]);
    },
  };
}
