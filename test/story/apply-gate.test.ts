import { expect } from "vitest";
import { expectSame } from "./cut-short.ts";
import { directory, isInstalled, placeProgram, writeSpec } from "./demo-app.ts";
import { takeSnapshot, type Snapshot } from "./snapshot.ts";
import { sharedHost, story, type World } from "./story.ts";

sharedHost({ name: "apply-gate", setUp: placeProgram });

const look = ({ host }: World): Promise<Snapshot> => takeSnapshot(host, "demo", [`${directory}/data`]);

story(
  "a release that ends after five seconds is taken back, and its last lines are shown",
  { covers: "P-75, O-16, O-70" },
  async (world) => {
    const { holdfast, unit } = world;
    const good = await isInstalled(world, { mode: "good" });
    const before = await look(world);
    const process = before.runs["demo-web.service"]!;

    // Nothing but staying up can be asked of it: ten seconds, unless the spec says otherwise.
    await writeSpec(world, { mode: "exits-late", web: "restart: { on: failure, delay: 1s }" });
    const bad = await holdfast("apply", { directory }).fails(12);

    bad.says('Service "web" did not stay up: it ended with exit code 3');
    bad.says("demo exits-late starts").says("cannot reach the exchange").doesNotSay("demo good starts");
    bad.says(`"demo" is back at generation ${good}.`);
    bad
      .says(/Done: +try the program of web/)
      .says(/Undone: +.*demo-web.service as it was/)
      .says("demo-web.service restarted as it was");
    const after = await look(world);
    expectSame(after, before, "after the way back");
    expect(after.runs["demo-web.service"]).not.toBe(process);
    expect(await unit("demo-web.service").show("Environment")).toContain("MODE=good");
    await holdfast("plan", { directory }).says("1 to change");
    await writeSpec(world, { mode: "good" });
    await holdfast("plan", { directory }).says("Nothing to change");
  },
);

story("a program that does not even start is taken back too", { covers: "P-75" }, async (world) => {
  const good = await isInstalled(world, { mode: "good" });
  const before = await look(world);
  await writeSpec(world, { mode: "exits-at-once", web: "restart: { on: never }" });
  const bad = await world.holdfast("apply", { directory }).fails(12);
  bad.says("it ended with exit code 4").says("no such option").says(`back at generation ${good}`);
  expectSame(await look(world), before, "after the way back");
});

story("a first apply that does not come up leaves nothing behind", { covers: "P-75" }, async (world) => {
  const { host, holdfast } = world;
  await holdfast("remove demo").succeeds();
  await host.run(["userdel", "demo"]);
  const before = await look(world);
  await writeSpec(world, { mode: "exits-at-once", web: "writes: [data]" });
  const bad = await holdfast("apply", { directory }).fails(12);
  bad
    .says('"demo" is back as it was before the first apply.')
    .says(/account demo and group demo removed|account demo removed/);
  expectSame(await look(world), before, "after the way back");
  await holdfast("status").says("Nothing is installed");
});

story("what a failed first apply has written stays, with the account that owns it", {}, async (world) => {
  const { host, holdfast, run } = world;
  await host.write(`${directory}/write-and-fail`, "#!/bin/sh\necho kept > data/trades\nexit 1\n", 0o755);
  await writeSpec(world, { web: "writes: [data]\n    before-start: [./write-and-fail]" });
  const bad = await holdfast("apply", { directory }).fails(12);
  bad.says(`account demo stays: it owns files in ${directory}/data`);
  await run(`stat --format=%U ${directory}/data/trades`).says("demo");
  await run(`rm -r ${directory}/data`).succeeds();
  await run("userdel demo").succeeds();
});

story(
  "a probe runs as the service's user in its sandbox, and a failing one fails the apply",
  { covers: "O-16, C-143" },
  async (world) => {
    const { host, holdfast } = world;
    const probe = "#!/bin/sh\necho I am $(id -un)\n[ -w /etc ] && echo and may write /etc\nexit 7\n";
    await host.write(`${directory}/probe`, probe, 0o755);
    await writeSpec(world, { web: "ready: { command: [./probe], within: 1s }" });
    const bad = await holdfast("apply", { directory }).fails(12);
    bad.says("was not ready within 1 s").says("exit code 7: I am demo").doesNotSay("may write");
  },
);

story(
  "memory is changed live: the plan says so, and the process stays the same",
  { covers: "P-56" },
  async (world) => {
    const { holdfast, unit } = world;
    await isInstalled(world, { web: "limits: { memory: 2G }\n    ready: { settle: 0s }" });
    const process = await unit("demo-web.service").show("MainPID");
    await writeSpec(world, { web: "limits: { memory: 3G }\n    ready: { settle: 0s }" });
    await holdfast("plan", { directory })
      .says("MemoryMax: 2G -> 3G")
      .then((r) => r.says("live, without a restart"));
    await holdfast("apply", { directory }).succeeds();
    expect(await unit("demo-web.service").show("MemoryMax")).toBe(String(3 * 1024 ** 3));
    expect(await unit("demo-web.service").show("MainPID")).toBe(process);
  },
);

story(
  "a second apply changes nothing: no file, no process, and it says so",
  { covers: "P-31, P-34, O-70" },
  async (world) => {
    const { holdfast, unit } = world;
    await isInstalled(world, { web: "writes: [data]\n    ready: { settle: 0s }" });
    const before = await look(world);
    const again = await holdfast("apply", { directory }).succeeds();
    again.says(/Nothing to change for demo: generation \d+ is in force\./);
    const after = await look(world);
    expectSame(after, before, "after the second apply");
    expect(after.runs).toEqual(before.runs);
    for (const name of ["demo-web.service", "demo.slice"])
      expect(await unit(name).show("NeedDaemonReload"), name).toBe("no");
  },
);

story(
  "files are root's with mode 644, directories the service's, and systemd has nothing to say about the units",
  { covers: "P-32, P-33, O-15, O-71, O-87" },
  async (world) => {
    const { holdfast, run, unit } = world;
    await holdfast("remove demo").succeeds();
    await writeSpec(world, { web: "writes: [data, logs]\n    ready: { settle: 0s }" });
    const applied = await holdfast("apply", { directory }).succeeds();
    applied.says("holdfast status demo").says("holdfast logs demo").says("✓ start demo-web.service");
    await run("stat --format=%U:%G:%a /etc/systemd/system/demo-web.service").says("root:root:644");
    await run("head -n 1 /etc/systemd/system/demo-web.service").says(
      'Written by Holdfast for the application "demo"',
    );
    const verified = await run("systemd-analyze --man=no verify demo-web.service").succeeds();
    expect(verified.stdout + verified.stderr).toBe("");
    await run(`stat --format=%U:%G ${directory}/data ${directory}/logs`).says("demo:demo\ndemo:demo");
    await unit("demo-web.service").is("active/running");
    await run("systemctl is-enabled demo-web.service").succeeds();
  },
);

story(
  "what no file on the host shows is in force, too, and can be gone back from; a comment is no change",
  { covers: "P-31" },
  async (world) => {
    const { holdfast, host, unit } = world;
    const before = await isInstalled(world, { web: "ready: { settle: 0s }" });
    const process = await unit("demo-web.service").show("InvocationID");
    await writeSpec(world, { web: "ready: { settle: 1500ms }" });
    await holdfast("plan --check", { directory }).fails(3);
    const applied = await holdfast("apply", { directory }).succeeds();
    applied.says("nothing changes on the host; what is new is recorded as generation");
    const settle = async (): Promise<string> => {
      const { stdout } = await holdfast("plan --json", { directory }).succeeds();
      const { to } = (JSON.parse(stdout) as { plan: { to: number } }).plan;
      const file = `/var/lib/holdfast/apps/demo/generations/${to}/desired.json`;
      const { services } = JSON.parse((await host.run(["cat", file])).stdout) as {
        services: { gate: { settle: number } }[];
      };
      return String(services[0]!.gate.settle);
    };
    expect(await settle()).toBe("1500");
    const { stdout: text } = await host.run(["cat", `${directory}/holdfast.yaml`]);
    await host.write(`${directory}/holdfast.yaml`, `# a comment\n${text}`);
    await holdfast("plan --check", { directory }).succeeds();

    await holdfast("rollback demo").says("recorded as generation");
    await writeSpec(world, { web: "ready: { settle: 0s }" });
    await holdfast("plan --check", { directory }).says("Nothing to change");
    expect(await settle()).toBe("0");
    expect(await unit("demo-web.service").show("InvocationID")).toBe(process);
    expect(before).toBeGreaterThan(0);
  },
);
