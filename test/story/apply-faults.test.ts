import { expect } from "vitest";
import { expectSame, startCut } from "./cut-short.ts";
import { directory, generationOf, isInstalled, placeProgram, writeSpec } from "./demo-app.ts";
import { takeSnapshot, type Snapshot } from "./snapshot.ts";
import { sharedHost, story, waitUntil, type World } from "./story.ts";

sharedHost({ name: "apply-faults", setUp: placeProgram });

const units = "/etc/systemd/system";
const state = "/var/lib/holdfast";
const look = ({ host }: World): Promise<Snapshot> => takeSnapshot(host, "demo", [`${directory}/data`]);
const update = {
  mode: "two",
  others: "  side: { run: sleep infinity, hardening: basic, ready: { settle: 0s } }\n",
};

story(
  "a disk that fills up under the units: everything goes back, and it says what is full",
  {},
  async (world) => {
    const { holdfast, run } = world;
    const good = await isInstalled(world);
    await using _ = await smallDisk(world, units);
    const before = await look(world);
    await writeSpec(world, update);

    const attempt = await pausedAt(world, "apply", `write ${units}/demo-web.service`);
    await fill(world, units);
    attempt.kill("SIGCONT");
    const failed = (await attempt.end()).fails(12);

    failed.says("the disk is full").says("make room").says(`back at generation ${good}`);
    await run(["rm", `${units}/filler`]).succeeds();
    expectSame(await look(world), before, "after the way back");
    await holdfast("apply", { directory }).succeeds();
  },
);

story("a disk that is full from the start is refused before anything is touched", {}, async (world) => {
  const { holdfast, run } = world;
  const good = await isInstalled(world);
  await using _ = await smallDisk(world, units);
  await fill(world, units);
  const before = await look(world);
  await writeSpec(world, update);
  const refused = await holdfast("apply", { directory }).fails(1);
  refused
    .says(/Not enough room for .*: .* left/)
    .says(`Nothing was changed: "demo" is still at generation ${good}.`);
  expectSame(await look(world), before, "after the refusal");
  await run(["rm", `${units}/filler`]).succeeds();
});

story(
  "a disk that fills up under the record: the host goes back, and the next command with room closes the record",
  {},
  async (world) => {
    const { holdfast, run } = world;
    const good = await isInstalled(world);
    await using _ = await smallDisk(world, state);
    const before = await look(world);
    await writeSpec(world, update);

    const attempt = await pausedAt(world, "apply", "reload systemd");
    await fill(world, state);
    attempt.kill("SIGCONT");
    const failed = await attempt.end();

    failed
      .fails(1)
      .says(/"demo" is back at generation \d+, but this could not be written down/)
      .says(/full|disk I\/O/)
      .says(`make room on the file system of ${state}/holdfast.db`);
    expectSame(await look(world), before, "after the way back");
    // As soon as there is room for a line, by chance or by hand, a command closes the record before anything else.
    const second = await holdfast("apply", { directory }).fails(1);
    second.says("make room");
    await run(["rm", `${state}/filler`]).succeeds();
    await writeSpec(world);
    const third = await holdfast("apply", { directory }).succeeds();
    third.says("Nothing to change");
    expect(second.stderr + third.stderr).toContain(`It was taken back: "demo" is at generation ${good}`);
    expectSame(await look(world), before, "after the next command");
  },
);

story("a read-only /etc: nothing is changed, and it says how to go on", {}, async (world) => {
  const { holdfast, run } = world;
  const good = await isInstalled(world);
  await writeSpec(world, update);
  const before = await look(world);
  await run("mount --bind /etc /etc").succeeds();
  try {
    await run("mount -o remount,bind,ro /etc").succeeds();
    const failed = await holdfast("apply", { directory }).fails(12);
    failed
      .says("the file system is read-only")
      .says("mount -o remount,rw")
      .says(`back at generation ${good}`);
  } finally {
    await run("umount /etc").succeeds();
  }
  expectSame(await look(world), before, "after the way back");
  await holdfast("apply", { directory }).succeeds();
});

story(
  "an /etc that becomes read-only in the middle: it says what is left over, refuses to go on, and recovers later",
  {},
  async (world) => {
    const { holdfast, run } = world;
    const good = await isInstalled(world);
    const before = await look(world);
    await writeSpec(world, update);
    await run("mount --bind /etc /etc").succeeds();
    const attempt = await pausedAt(world, "apply", `write ${units}/demo-side.service`);
    await run("mount -o remount,bind,ro /etc").succeeds();
    attempt.kill("SIGCONT");
    const failed = (await attempt.end()).fails(1);
    failed.says('"demo" is NOT completely back').says(/Left over: .*demo-web.service.*read-only/is);
    await holdfast("status").says("was cut short");
    await holdfast("apply", { directory })
      .fails(1)
      .then((r) => r.says('Cannot go on with "demo"'));
    await run("umount /etc").succeeds();
    await writeSpec(world);
    const next = await holdfast("apply", { directory }).succeeds();
    next.says(`It was taken back: "demo" is at generation ${good}`).says("Nothing to change");
    expectSame(await look(world), before, "after the next command");
  },
);

story("a host without systemd: exit 10, and every command says what is missing", {}, async ({ run }) => {
  const without = (command: string): readonly string[] => [
    "unshare",
    "--mount",
    "sh",
    "-c",
    `mount -t tmpfs none /run/dbus && cd ${directory} && exec "$0" ${command}`,
    world_holdfast,
  ];
  for (const command of ["plan", "apply", "status", "rollback demo", "remove demo"]) {
    const failed = await run(without(command)).fails(10);
    failed.says("Cannot reach systemd").says("run it on a host whose PID 1 is systemd");
  }
});

story(
  "an account without permission: plan, apply, status and rollback each say what to do",
  {},
  async (world) => {
    const { holdfast } = world;
    await isInstalled(world);
    const before = await look(world);
    const nobody = { user: "nobody", directory };
    await holdfast("plan", nobody)
      .fails(1)
      .then((r) => r.says("only root may").says("sudo holdfast plan"));
    await holdfast("apply", nobody)
      .fails(1)
      .then((r) => r.says("only root may").says("sudo holdfast apply"));
    await holdfast("status", nobody)
      .fails(1)
      .then((r) => r.says("sudo"));
    await holdfast("rollback demo", nobody)
      .fails()
      .then((r) => r.says("sudo"));
    expectSame(await look(world), before, "after the refusals");
  },
);

story(
  "one change at a time: the second says who is at it, and a killed holder holds nothing",
  {},
  async (world) => {
    const { holdfast } = world;
    await isInstalled(world);
    await writeSpec(world, update);
    const attempt = await startCut(world, ["apply"], { at: "never", directory });
    await attempt.atGate();

    const locked = await holdfast("apply", { directory }).fails(11);
    locked.says(
      /Cannot change "demo" now: root is running "holdfast apply" since 20\d\d-.*Z \(process \d+\)/,
    );
    locked.says("wait until it has finished");
    await holdfast("rollback demo").fails(11);
    attempt.kill("SIGKILL");
    await attempt.end();
    await holdfast("apply", { directory })
      .succeeds()
      .then((r) => r.doesNotSay("cut short"));
  },
);

story("status tells a change that is under way from one that was cut short", {}, async (world) => {
  const { holdfast } = world;
  await isInstalled(world);
  await writeSpec(world, update);
  const attempt = await pausedAt(world, "apply", "reload systemd");
  await holdfast("status").says(/is under way, at step \d+ of \d+ \(process \d+\)/);
  attempt.kill("SIGKILL");
  attempt.kill("SIGCONT");
  await attempt.end();
  await holdfast("status").says(/was cut short at step \d+ of \d+/);
  const plan = await holdfast("plan", { directory }).says("was cut short");
  plan.says("takes it back first").doesNotSay("changed by hand");
  await holdfast("rollback demo")
    .succeeds()
    .then((r) => r.says("It was taken back").says("nothing else to take back"));
  await holdfast("status").doesNotSay("cut short");
});

story("a saved plan is refused when the spec or the host is not the same any more", {}, async (world) => {
  const { host, holdfast, run } = world;
  const good = await isInstalled(world);
  await writeSpec(world, update);
  await holdfast("plan --out /root/plan.json", { directory }).succeeds();

  await writeSpec(world, { ...update, mode: "three" });
  await holdfast("apply --plan /root/plan.json", { directory })
    .fails(1)
    .then((r) => r.says("the spec has changed since it was made"));

  await writeSpec(world, update);
  const unit = await host.read(`${units}/demo-web.service`);
  await host.write(`${units}/demo-web.service`, `${unit}# a note\n`);
  await holdfast("apply --plan /root/plan.json", { directory })
    .fails(1)
    .then((r) => r.says("the host has changed since it was made"));
  expect(await generationOf(world)).toBe(good);

  await host.write(`${units}/demo-web.service`, unit!);
  await run("systemctl daemon-reload").succeeds();
  await holdfast("apply --plan /root/plan.json", { directory }).succeeds();
});

story(
  "an interpreter that is gone: refused before the running service is touched",
  { covers: "P-59" },
  async (world) => {
    const { host, holdfast, run } = world;
    await host.write(`${directory}/app.py`, "import time\nwhile True: time.sleep(1000)\n");
    await run(`python3 -m venv --without-pip ${directory}/venv`).succeeds();
    const python = (mode: string): string =>
      `app: demo\nuser: demo\ndirectory: ${directory}\nservices:\n  web: { run: venv/bin/python app.py, hardening: basic, ready: { settle: 0s }, env: { set: { MODE: ${mode} } } }\n`;
    await host.write(`${directory}/holdfast.yaml`, python("one"));
    await holdfast("apply", { directory }).succeeds();
    const before = await look(world);

    await host.write(`${directory}/holdfast.yaml`, python("two"));
    await run(`rm -r ${directory}/venv`).succeeds();
    const gone = await holdfast("apply", { directory }).fails(1);
    gone
      .says(`${directory}/venv/bin/python does not exist`)
      .says("python3 -m venv")
      .says("Nothing was changed");

    // It exists, and still does not run where the service would: only trying it there can tell.
    await run(`mkdir -p ${directory}/venv/bin`).succeeds();
    await host.write(`${directory}/venv/bin/python`, "#!/opt/no/such/interpreter\n", 0o755);
    const broken = await holdfast("apply", { directory }).fails(12);
    broken.says('Cannot run /opt/demo/venv/bin/python in the sandbox of service "web": 203/EXEC');

    const after = await look(world);
    expectSame(after, before, "after the refusals");
    expect(after.runs).toEqual(before.runs);
  },
);

story(
  "an environment file that is gone, and a variable without a value: named, and no value is printed",
  { covers: "P-10, P-58, P-74, O-76" },
  async (world) => {
    const { host, holdfast, run } = world;
    await isInstalled(world);
    const before = await look(world);
    await writeSpec(world, update);
    await run(`rm ${directory}/.env`).succeeds();
    await holdfast("apply", { directory })
      .fails(1)
      .then((r) => r.says(`Cannot find the environment file ${directory}/.env of service "web"`));

    await host.write(`${directory}/.env`, "OTHER=swordfish-9\n", 0o600);
    const missing = await holdfast("apply", { directory }).fails(1);
    missing.says('Service "web" has no value for TOKEN').doesNotSay("swordfish-9");

    await host.write(`${directory}/.env`, "export TOKEN=swordfish-9\n", 0o600);
    const shell = await holdfast("apply", { directory }).fails(1);
    shell.says(`${directory}/.env:1:1`).doesNotSay("swordfish-9");

    const after = await look(world);
    expectSame(after, before, "after the refusals");
    expect(after.runs).toEqual(before.runs);
    await host.write(`${directory}/.env`, "TOKEN=swordfish-9\n", 0o600);
    await holdfast("apply", { directory }).succeeds();
    await run(["grep", "-r", "swordfish-9", state]).fails(1);
  },
);

story("a file of somebody else at a unit's path is never touched, whatever it is", {}, async (world) => {
  const { host, holdfast, run } = world;
  await isInstalled(world);
  const foreign = "[Service]\nExecStart=/bin/sleep infinity\n";
  const place: Record<string, () => Promise<unknown>> = {
    file: () => host.write(`${units}/demo-side.service`, foreign),
    link: () => run(`ln -s /opt/nowhere ${units}/demo-side.service`).succeeds(),
    directory: () => run(`mkdir ${units}/demo-side.service`).succeeds(),
  };
  await writeSpec(world, update);
  for (const [kind, put] of Object.entries(place)) {
    await put();
    const before = await look(world);
    const refused = await holdfast("apply", { directory }).fails(1);
    refused.says(`Cannot write ${units}/demo-side.service: Holdfast did not write what is there`);
    expectSame(await look(world), before, `with a ${kind} there`);
    await run(`rm -r ${units}/demo-side.service`).succeeds();
  }
});

story("a unit that was changed by hand is shown with its line, and put back", {}, async (world) => {
  const { host, holdfast, run, unit } = world;
  await isInstalled(world);
  const written = (await host.read(`${units}/demo-web.service`))!;
  await host.write(`${units}/demo-web.service`, written.replace(/TimeoutStopSec=.*/, "TimeoutStopSec=7s"));
  await run("systemctl daemon-reload").succeeds();
  const line = written.split("\n").findIndex((text) => text.startsWith("TimeoutStopSec=")) + 1;
  const plan = await holdfast("plan", { directory }).succeeds();
  plan.says(`${units}/demo-web.service:${line}:1`).says("was changed by hand since the last apply");
  plan.says(/TimeoutStopSec=.* -> TimeoutStopSec=7s/);
  await holdfast("apply", { directory }).succeeds();
  expect(await host.read(`${units}/demo-web.service`)).toBe(written);
  expect(await unit("demo-web.service").show("TimeoutStopUSec")).not.toBe("7s");
});

story(
  "a drop-in that changes a value: read back, refused with the value found, and taken back",
  {},
  async (world) => {
    const { host, holdfast, run } = world;
    const good = await isInstalled(world);
    await host.write(`${units}/demo-web.service.d/override.conf`, "[Service]\nMemoryMax=99M\n");
    await run("systemctl daemon-reload").succeeds();
    const before = await look(world);
    await writeSpec(world, { web: "limits: { memory: 64M }\n    ready: { settle: 0s }" });
    const refused = await holdfast("apply", { directory }).fails(12);
    refused.says("MemoryMax= of demo-web.service is 99M, not 64M");
    refused.says(`changed from outside by ${units}/demo-web.service.d/override.conf`);
    refused.says(`back at generation ${good}`);
    const after = await look(world);
    expectSame(after, before, "after the way back");
    expect(after.runs).toEqual(before.runs);
    await run(`rm -r ${units}/demo-web.service.d`).succeeds();
    await run("systemctl daemon-reload").succeeds();
  },
);

story(
  "a power cut in the middle: after the boot status says so, and the next command goes back to the old generation",
  {},
  async (world) => {
    const { host, holdfast, unit } = world;
    const good = await isInstalled(world);
    const before = await look(world);
    await writeSpec(world, update);
    const attempt = await pausedAt(world, "apply", "reload systemd");
    const cut = host.powerCut();
    attempt.kill("SIGCONT");
    await cut;
    await attempt.end();

    await holdfast("status").says("was cut short");
    await writeSpec(world);
    const next = await holdfast("apply", { directory }).succeeds();
    next.says(`It was taken back: "demo" is at generation ${good}`);
    await unit("demo-web.service").waitFor("active/running");
    expectSame(await look(world), before, "after the boot and the next command");
  },
);

const world_holdfast = new URL("../../bin/holdfast", import.meta.url).pathname;

/** A command that stands still, with SIGSTOP, where it has recorded a step and not begun it. */
async function pausedAt(
  world: World,
  command: string,
  step: string,
): Promise<Awaited<ReturnType<typeof startCut>>> {
  const { plan } = (await world.holdfast("plan --json", { directory }).succeeds()).json() as {
    plan: { steps: object[] };
  };
  const index = plan.steps.findIndex((candidate) => describes(candidate, step)) + 1;
  expect(index, step).toBeGreaterThan(0);
  const attempt = await startCut(world, [command], { at: `step ${index} begun`, how: "SIGSTOP", directory });
  await attempt.atGate();
  await attempt.open();
  await waitUntil(
    `it stands before: ${step}`,
    async () => (await attempt.moments()).at(-1) === `step ${index} begun`,
  );
  return attempt;
}

function describes(step: object, text: string): boolean {
  const { kind, path, unit } = step as { kind: string; path?: string; unit?: string };
  const words: Record<string, string> = {
    "write-file": `write ${path}`,
    "reload-manager": "reload systemd",
    restart: `restart ${unit}`,
  };
  return words[kind] === text;
}

/** Puts a file system of eight megabytes in the place of a directory, with the same files in it, until the end of the story. */
async function smallDisk({ run }: World, path: string): Promise<AsyncDisposable> {
  const temporary = "/run/story-disk";
  await run(["mkdir", "-p", temporary]).succeeds();
  await run(["mount", "-t", "tmpfs", "-o", "size=8M", "none", temporary]).succeeds();
  await run(["cp", "--archive", `${path}/.`, temporary]).succeeds();
  await run(["mount", "--bind", temporary, path]).succeeds();
  await run(["systemctl", "daemon-reload"]).succeeds();
  return {
    async [Symbol.asyncDispose]() {
      await run(["umount", path]);
      await run(["cp", "--archive", `${temporary}/.`, path]);
      await run(["umount", temporary]);
      await run(["systemctl", "daemon-reload"]);
    },
  };
}

async function fill({ run }: World, path: string): Promise<void> {
  await run(["dd", "if=/dev/zero", `of=${path}/filler`, "bs=64K"])
    .fails()
    .then((r) => r.says("No space left"));
  await run(["sh", "-c", `cat /dev/zero >> ${path}/filler`]).fails();
}
