import { expect } from "vitest";
import { checkout, sharedHost, story, type World } from "./story.ts";
import { auditTrail } from "./record.ts";
import { breakerOf, eventsOf } from "./watched.ts";

const python = "/usr/bin/python3 main.py";
const spec = `
app: held
user: daemon
directory: /opt/held
supervision: probes
services:
  bot:
    run: ${python}
    ready: { settle: 300ms }
    grace: 1s
    restart: { on: never }
    health:
      - exec: { run: /usr/bin/test -e /opt/held/good, every: 1s, timeout: 2s }
    heal: { proof: 2s }
`;

const unitName = "held-bot.service";
const heldFile = `/var/lib/holdfast/held/${unitName}`;

sharedHost({
  setUp: async ({ host, holdfast, run }) => {
    await host.write(
      "/opt/held/main.py",
      "import os, signal, sys\nif os.path.exists('/opt/held/broken'): sys.exit(4)\nsignal.pause()\n",
    );
    await host.write("/opt/held/good", "");
    await host.write("/opt/held/holdfast.yaml", spec);
    await holdfast("-f /opt/held/holdfast.yaml apply").succeeds();
    // Nobody watches here: these stories are about what an open breaker does.
    await run("systemctl disable --now held-check.timer").succeeds();
  },
});

/** Does with the breaker what a watcher does: `deed` is a call of src/apply/breaker.ts. */
async function breaker({ run }: World, deed: string): Promise<string> {
  const script = `
    const { DatabaseSync } = await import("node:sqlite");
    const { WatchRecord } = await import("${checkout}/src/store/watch.ts");
    const { openLocalHost } = await import("${checkout}/src/host/local.ts");
    const { openBreaker, reconcileBreaker } = await import("${checkout}/src/apply/breaker.ts");
    const host = await openLocalHost("system");
    const record = new WatchRecord(new DatabaseSync("/var/lib/holdfast/holdfast.db"));
    const context = { host, record, stateDirectory: "/var/lib/holdfast", now: () => new Date() };
    const bot = { app: "held", service: "bot", unit: "${unitName}" };
    const open = { state: "open", since: Date.now(), why: "3 of 3 heals within 1 h are spent", rearmAt: null, trips: 1 };
    console.log(await ${deed});
    await host.close();`;
  return (await run([process.execPath, "--input-type=module", "-e", script]).succeeds()).stdout.trim();
}

async function hold(world: World): Promise<void> {
  await breaker(world, "openBreaker(context, bot, open)");
  await world.run(`systemctl stop ${unitName}`).succeeds();
}

story(
  "an open breaker refuses every start, after a reboot, too, and says why; only a reset with a reason closes it",
  { covers: "G-16, C-77, C-78, C-79, C-82" },
  async (world) => {
    const { host, holdfast, run, unit } = world;
    await hold(world);
    const bot = unit(unitName);

    await run(`systemctl start ${unitName}`).fails();
    await bot.is("inactive");
    await host.reboot();
    await bot.is("inactive");
    await run(`systemctl start ${unitName}`).fails();
    expect(await host.read(heldFile)).toMatch(/Why: 3 of 3 heals within 1 h are spent/);

    const refusal = /breaker holds it since 20.*, because 3 of 3 heals within 1 h are spent/;
    for (const verb of ["start", "restart"])
      (await holdfast(`${verb} held/bot`).fails(1)).says(refusal).says("holdfast reset held/bot --reason");
    (await holdfast("heal held/bot").fails(1)).says("breaker holds it");
    (await holdfast("reset held/bot").fails(2)).says("without a reason");
    (await holdfast(["reset", "held/bot", "--reason", " "]).fails(2)).says("without a reason");
    await bot.is("inactive");

    const done = await holdfast(["reset", "held/bot", "--reason", "the feed is back"]).succeeds();
    done.says("good again: exec");
    await bot.is("active/running");
    expect(await host.exists(heldFile)).toBe(false);
    expect(await breakerOf(run, "bot")).toBe("closed");
    const closed = (await eventsOf(run, "bot")).findLast(({ kind }) => kind === "breaker-closed");
    expect(String(closed!["says"])).toBe("reset by root: the feed is back");
    expect((await auditTrail(run, unitName)).at(-1)).toMatchObject({
      action: "reset",
      why: "the feed is back",
    });
    await run(`systemctl restart ${unitName}`).succeeds();
  },
);

story(
  "a reset of what does not work opens the breaker again: it starts and its checks are bad, or it does not start",
  { covers: "C-80" },
  async (world) => {
    const { host, holdfast, run, unit } = world;
    await hold(world);
    await run("rm /opt/held/good").succeeds();
    (await holdfast("reset held/bot --reason hope").fails(1)).says(/held again .*exec/);
    await unit(unitName).is("inactive");
    await run(`systemctl start ${unitName}`).fails();
    expect(await host.read(heldFile)).toMatch(/Why: it was reset and did not work: exec/);

    await host.write("/opt/held/good", "");
    await host.write("/opt/held/broken", "");
    (await holdfast("reset held/bot --reason hope").fails(1)).says(/held again .*exit code 4/);
    expect(await breakerOf(run, "bot")).toBe("open");
    await run("rm /opt/held/broken").succeeds();
    await holdfast("reset held/bot --reason mended").succeeds();
  },
);

story(
  "a change of what is held is applied, leaves it held and says so; a removal holds nobody any more",
  { covers: "C-78" },
  async (world) => {
    const { host, holdfast, run, unit } = world;
    await hold(world);
    await host.write(
      "/opt/held/holdfast.yaml",
      spec.replace("restart:", "limits: { memory: 64M }\n    restart:"),
    );
    const applied = await holdfast("-f /opt/held/holdfast.yaml apply").succeeds();
    applied.says(/stays stopped: its circuit breaker stopped it at .*3 of 3 heals/);
    await unit(unitName).is("inactive");
    expect(await host.exists(heldFile)).toBe(true);

    await holdfast("remove held").succeeds();
    expect(await host.exists(heldFile)).toBe(false);
    await holdfast("-f /opt/held/holdfast.yaml apply").succeeds();
    await unit(unitName).is("active");
    await run("systemctl disable --now held-check.timer").succeeds();
  },
);

story(
  "after a power cut between the file and the record, the record says what the file does",
  { covers: "C-77, G-32" },
  async (world) => {
    const { run } = world;
    await hold(world);
    await run(["rm", heldFile]).succeeds();
    expect(await breaker(world, "reconcileBreaker(context, bot)")).toContain("removed outside Holdfast");
    expect(await breakerOf(run, "bot")).toBe("closed");

    await run([
      "sh",
      "-c",
      `printf 'Why: the disk is worn\nSince: 2026-01-02T03:04:05Z\n' > ${heldFile}`,
    ]).succeeds();
    expect(await breaker(world, "reconcileBreaker(context, bot)")).toContain("the disk is worn");
    expect(await breakerOf(run, "bot")).toBe("open");
    expect(await breaker(world, "reconcileBreaker(context, bot)")).toBe("null");
    await run(["rm", heldFile]).succeeds();
  },
);
