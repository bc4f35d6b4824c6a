import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { makeWatch } from "../../src/compile/make-watch.ts";
import { debian12 } from "../../src/compile/target.ts";
import type { Reading } from "../../src/heal/reading.ts";
import { parseSpec } from "../../src/spec/parse-spec.ts";
import { checkout, sharedHost, story, waitUntil, type World } from "./story.ts";

const directory = "/opt/moody";
const spec = `
app: moody
user: daemon
directory: ${directory}
supervision: systemd
services:
  bot:
    run: /usr/bin/python3 moody.py
    runtime: python
    writes: [data]
    ready: { settle: 0s }
    limits: { memory: 512M }
    env: { file: /etc/moody/env }
    health:
      - log: { name: activity, match: "VIX|Position|Update", fresh: 2s }
      - log: { name: rate, match: Update, at-least: 5 per 3s }
      - log: { name: errors, match: "RPC|timed? ?out", at-most: 3 per 3s }
      - file: { path: data/bot.log, fresh: 2s }
      - file: { name: lines, path: data/bot.log, match: Position, fresh: 2s }
      - beat: { within: 2s }
      - exec: { run: bin/check, timeout: 2s }
      - sockets: { port: 9443, at-least: 1, at-most: 5 }
      - memory: { at-most: 20% }
      - memory: { name: lasting, at-most: 20%, for: 5m }
      - cpu: { at-most: 10%, for: 1s }
      - disk: { path: data, free: 20M }
      - sqlite: { path: data/trades.db }
      - clock: {}
`;

/** All that keeps it in good health. */
const good = { say: "Update: VIX 17", write: "Position held", beat: true, connections: 1 };

sharedHost({
  setUp: async (world) => {
    const { host, holdfast, run } = world;
    await run(`mkdir -p ${directory}/data`).succeeds();
    await run(`mount -t tmpfs -o size=64m,mode=755,uid=1 tmpfs ${directory}/data`).succeeds();
    await host.write(join(directory, "moody.py"), program("moody.py"));
    await host.write(join(directory, "bin/check"), check, 0o755);
    await host.write(join(directory, "holdfast.yaml"), spec);
    await host.write("/etc/moody/env", "TOKEN=swordfish-9\n", 0o600);
    await host.write("/run/rules.json", JSON.stringify(makeWatch(parseSpec(spec, "s").spec!, debian12)));
    await run(["systemd-run", "--unit=exchange", "python3", "-c", exchange]).succeeds();
    await order(world, good);
    await holdfast("apply", { directory }).succeeds();
  },
});

const exchange = `
import socket, time
server = socket.create_server(("127.0.0.1", 9443), backlog=100)
connections = []
while True: connections.append(server.accept())
`;

/** It tells what must not be told, and does as it is ordered. */
const check = `#!/bin/sh
echo "asked as $(id -un) in $PWD with $TOKEN"
sleep "$(cat data/delay 2>/dev/null || echo 0)"
exit "$(cat data/verdict 2>/dev/null || echo 0)"
`;

describe("each kind of check fails when its cause is there, and is good again after it", () => {
  story("all of them are good in a good service", { covers: "G-07, G-26" }, async (world) => {
    const found = await waitUntil("all are good", () => look(world), {
      accept: (all) =>
        Number(all["rate"]!.value) > 5 &&
        Object.entries(all).every(([id, { result }]) => result === "ok" || id === "clock"),
    });
    // Nobody keeps the clock of a throwaway host, and nobody claims to know how far it is off.
    expect(found["clock"]).toMatchObject({ result: "unknown", limit: 1 });
    // What was measured, and what it was held against.
    expect(found["activity"]).toMatchObject({ limit: 2, value: expect.closeTo(0, 0) });
    expect(found["rate"]!.limit).toBe(5);
    expect(found["unit"]).toMatchObject({ value: "active/running", limit: "active" });
    expect(found["memory"]!.limit).toBe(Math.round(0.2 * 512 * 1024 * 1024));
    for (const { took } of Object.values(found)) expect(took).toBeLessThan(2000);
  });

  story(
    "holdfast health asks them all, and tells value and limit",
    { covers: "G-26" },
    async ({ holdfast }) => {
      const { checks_performed } = (await holdfast("health --json")).json() as {
        checks_performed: (Reading & { name: string })[];
      };
      const found = new Map(checks_performed.map((check) => [check.name, check]));
      expect(found.get("activity")).toMatchObject({ result: "ok", value: expect.any(Number), limit: 2 });
      expect(found.get("sqlite")).toMatchObject({
        result: "ok",
        says: expect.stringContaining("it is whole"),
      });
      expect(found.get("exec")).toMatchObject({ result: "ok", value: 0 });
      const bad = checks_performed.filter(({ result }) => result !== "ok").map(({ name }) => name);
      expect(bad).toEqual(["clock"]);
    },
  );

  story(
    "log: silence, too little and too much are told by time, whatever was written before",
    { covers: "G-07, G-10, G-11, C-48" },
    async (world) => {
      await order(world, { ...good, say: "nothing of note" });
      const silent = await becomes(world, "activity", "fail");
      expect(silent.says).toMatch(
        /^(the last matching line is .* old|no matching line in the last .*), over 2 s$/,
      );
      expect(await becomes(world, "rate", "fail")).toMatchObject({ limit: 5 });
      await order(world, good);
      await becomes(world, "activity", "ok");
      await becomes(world, "rate", "ok");

      await order(world, { ...good, say: "RPC timed out" });
      const burst = await becomes(world, "errors", "fail");
      expect(burst.says).toMatch(/^\d+ matching lines within 3 s, over 3$/);
      await order(world, good);
      await becomes(world, "errors", "ok");
    },
  );

  story(
    "file and heartbeat: what is not touched fails at its limit; noise in a file is no activity",
    { covers: "G-07, G-10, G-11" },
    async (world) => {
      await order(world, { ...good, write: "still here", beat: false });
      await becomes(world, "lines", "fail");
      expect((await look(world, "file"))["file"]!.result).toBe("ok");
      expect(await becomes(world, "beat", "fail")).toMatchObject({ limit: 2 });
      await order(world, { ...good, write: "" });
      await becomes(world, "file", "fail");
      await order(world, good);
      for (const id of ["file", "lines", "beat"]) await becomes(world, id, "ok");
    },
  );

  story(
    "a frozen process fails everything that shows life, and its unit is active all the while",
    { covers: "G-07" },
    async (world) => {
      await world.run("systemctl kill --signal=STOP moody-bot.service").succeeds();
      for (const id of ["activity", "rate", "file", "lines", "beat"]) await becomes(world, id, "fail");
      expect((await look(world, "unit"))["unit"]).toMatchObject({ result: "ok", value: "active/running" });
      await world.run("systemctl kill --signal=CONT moody-bot.service").succeeds();
      for (const id of ["activity", "rate", "file", "lines", "beat"]) await becomes(world, id, "ok");
    },
  );

  story(
    "exec: as the service's user, in its directory, bounded, and what it writes is shown",
    { covers: "G-07" },
    async (world) => {
      const { host, run } = world;
      const answer = async (): Promise<Reading> => (await look(world, "exec"))["exec"]!;
      expect(await answer()).toMatchObject({
        result: "ok",
        says: `asked as daemon in ${directory} with [TOKEN]`,
      });
      await host.write(`${directory}/data/verdict`, "7");
      expect(await answer()).toMatchObject({ result: "fail", value: 7, limit: 0 });
      await host.write(`${directory}/data/verdict`, "3");
      expect(await answer()).toMatchObject({ result: "unknown" });
      await host.write(`${directory}/data/verdict`, "127");
      expect(await answer()).toMatchObject({ result: "unknown" });
      await host.write(`${directory}/data/verdict`, "0");
      await host.write(`${directory}/data/delay`, "60");
      expect(await answer()).toMatchObject({
        result: "fail",
        says: expect.stringContaining("longer than 2 s"),
      });
      await run("rm /opt/moody/data/delay").succeeds();
      expect((await answer()).result).toBe("ok");
      // It leaves no unit and no process behind.
      const left = async (): Promise<string> =>
        (await run("systemctl list-units --all --no-legend --plain run-*.service")).stdout;
      await waitUntil("nothing is left", left, { accept: (text) => text === "", timeout: 15_000 });
    },
  );

  story(
    "sockets: too many and too few of the service's own; those of others are not counted",
    { covers: "C-47" },
    async (world) => {
      const others =
        "import socket, time\nall = [socket.create_connection(('127.0.0.1', 9443)) for _ in range(20)]\ntime.sleep(600)";
      await world.run(["systemd-run", "--unit=others", "python3", "-c", others]).succeeds();
      await waitUntil("the others are connected", async () => {
        const { stdout } = await world.run(["ss", "-Htn", "state", "established", "dport", "=", ":9443"]);
        return stdout.trim().split("\n").length >= 21;
      });
      expect((await look(world, "sockets"))["sockets"]).toMatchObject({ result: "ok", value: 1 });
      await order(world, { ...good, connections: 8 });
      await waitUntil("all are counted", () => look(world, "sockets"), {
        accept: (all) => all["sockets"]!.value === 8,
      });
      expect(await becomes(world, "sockets", "fail")).toMatchObject({ value: 8, limit: 5 });
      await order(world, { ...good, connections: 0 });
      expect(await becomes(world, "sockets", "fail")).toMatchObject({ value: 0, limit: 1 });
      await order(world, good);
      await becomes(world, "sockets", "ok");
      await world.run("systemctl stop others");
    },
  );

  story(
    "memory: over its share fails at once, and not yet where it may last",
    { covers: "C-109" },
    async (world) => {
      await order(world, { ...good, hold: 150 });
      // It fails from the first byte over its share on; all of it takes the program a moment.
      const high = await waitUntil(
        "all of it is held",
        async () => (await look(world, "memory"))["memory"]!,
        { accept: ({ result, value }) => result === "fail" && Number(value) > 150 * 1024 * 1024 },
      );
      expect(high.says).toMatch(/% of its limit of 512M, over 20 %/);
      expect((await look(world, "lasting"))["lasting"]).toMatchObject({
        result: "ok",
        dueAt: expect.any(Number),
      });
      await order(world, good);
      await becomes(world, "memory", "ok");
      const calm = (await look(world, "lasting"))["lasting"]!;
      expect(calm).toMatchObject({ result: "ok" });
      expect(calm.dueAt).toBeUndefined();
    },
  );

  story("cpu: a busy loop fails when it lasts", {}, async (world) => {
    await order(world, {});
    await becomes(world, "cpu", "ok");
    await order(world, { burn: true });
    // How much of a core it is given is the machine's business.
    const busy = await becomes(world, "cpu", "fail");
    expect(busy.limit).toBe(10);
    expect(busy.value).toBeGreaterThan(10);
    await order(world, {});
    await becomes(world, "cpu", "ok");
    await order(world, good);
  });

  story(
    "disk: fails when it fills, and is good when it is emptied",
    { covers: "C-43, A-83" },
    async (world) => {
      await world.run(`dd if=/dev/zero of=${directory}/data/fill bs=1M count=50`).succeeds();
      expect(await becomes(world, "disk", "fail")).toMatchObject({ limit: 20 * 1024 * 1024 });
      await world.run(`rm ${directory}/data/fill`).succeeds();
      await becomes(world, "disk", "ok");
    },
  );

  story(
    "sqlite: a damaged index is red, a missing file too, and the program keeps its files",
    { covers: "C-61" },
    async (world) => {
      const { run } = world;
      const data = `${directory}/data`;
      await run(`cp -a ${data}/trades.db /run/whole.db`).succeeds();
      await run(["python3", "-c", damage, `${data}/trades.db`]).succeeds();
      const red = await becomes(world, "sqlite", "fail");
      expect(red).toMatchObject({ value: "damaged", limit: "ok" });
      expect(red.says).toContain("by_symbol");
      const owners = await run(["sh", "-c", `stat -c %U ${data}/trades.db* | sort -u`]);
      expect(owners.stdout).toBe("daemon\n");

      await run(`mv ${data}/trades.db /run/damaged.db`).succeeds();
      expect(await becomes(world, "sqlite", "fail")).toMatchObject({ says: `there is no ${data}/trades.db` });
      await run(`rm -f ${data}/trades.db-wal ${data}/trades.db-shm`).succeeds();
      await run(`cp -a /run/whole.db ${data}/trades.db`).succeeds();
      await becomes(world, "sqlite", "ok");
    },
  );

  story(
    "unit: fails with the reason when the program dies, and the rest is skipped",
    { covers: "G-07" },
    async (world) => {
      const { run } = world;
      await run("systemctl kill --signal=SEGV moody-bot.service").succeeds();
      const dead = await becomes(world, "unit", "fail");
      expect(dead.says).toContain("SIGSEGV");
      await run("systemctl stop moody-bot.service");
      const all = await look(world);
      expect(all["activity"]).toMatchObject({ result: "skipped", says: "it does not run" });
      // What lies around it can be told all the same.
      expect(all["disk"]!.result).toBe("ok");
      await run("systemctl start moody-bot.service").succeeds();
      await becomes(world, "unit", "ok");
      // A restart gives every limit anew.
      expect((await look(world, "rate"))["rate"]!.result).toBe("ok");
    },
  );
});

/** Other content in the index than in its table; only reading the text of the check's answer shows it. */
const damage = `
import sqlite3, sys
path = sys.argv[1]
database = sqlite3.connect(path)
database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
[page] = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'by_symbol'").fetchone()
[size] = database.execute("PRAGMA page_size").fetchone()
database.close()
with open(path, "r+b") as file:
    content = file.read()
    at = content.index(b"SYMBOL7", (page - 1) * size)
    assert at < page * size
    file.seek(at)
    file.write(b"SYMBOLX")
`;

async function order({ host }: World, orders: object): Promise<void> {
  await host.write(`${directory}/data/orders`, JSON.stringify(orders));
}

async function look({ run }: World, ...checks: string[]): Promise<Record<string, Reading>> {
  const driver = join(checkout, "test/story/look.ts");
  const argv = [process.execPath, "--disable-warning=ExperimentalWarning", driver];
  const { stdout } = await run([...argv, "/run/rules.json", "/run/kept.json", ...checks]).succeeds();
  return JSON.parse(stdout) as Record<string, Reading>;
}

async function becomes(world: World, check: string, result: Reading["result"]): Promise<Reading> {
  const ask = async (): Promise<Reading> => (await look(world, check))[check]!;
  return waitUntil(`${check} is ${result}`, ask, { accept: (found) => found.result === result });
}

function program(name: string): string {
  return readFileSync(join(import.meta.dirname, "programs", name), "utf8");
}
