import { expect } from "vitest";
import { checkout, sharedHost, story, waitUntil, type World } from "./story.ts";
import { readRecord } from "./record.ts";
import { startCut } from "./cut-short.ts";
import { eventsOf, healsOf } from "./watched.ts";

// Heals that a person asks for: the very steps that a watcher has carried out, with nobody watching.

const program = `
import os, signal, subprocess, sys, time

manner = sys.argv[1]
print(manner, "started with the key", os.environ.get("API_KEY"), flush=True)

def child(*words, **more):
    return subprocess.Popen([sys.executable, __file__, *words], **more)

if manner in ("stubborn", "leaves"):
    # What daemonised itself is out of reach of its parent, and of everything that goes by process groups.
    child("deaf", start_new_session=True)
if manner in ("stubborn", "deaf"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if manner == "fragile" and os.path.exists("/opt/heal/broken"):
    sys.exit(3)
while True:
    signal.pause()
`;

const python = "/usr/bin/python3 main.py";
const spec = `
app: heal
user: daemon
directory: /opt/heal
supervision: probes
services:
  plain:    { run: ${python} plain, ready: { settle: 0s }, grace: 1s }
  cut:      { run: ${python} leaves, ready: { settle: 0s }, stop: { timeout: 200ms } }
  stubborn: { run: ${python} stubborn, ready: { settle: 200ms }, stop: { timeout: 1s }, grace: 1s }
  mule:     { run: ${python} stubborn, ready: { settle: 200ms }, stop: { timeout: 8s }, grace: 1s }
  leaves:   { run: ${python} leaves, ready: { settle: 0s }, stop: { timeout: 1s }, grace: 1s }
  fragile:  { run: ${python} fragile, ready: { settle: 500ms }, restart: { delay: 200ms } }
  secretive:
    run: ${python} secretive --key topsecret99
    env: { file: /etc/heal.env }
    ready: { settle: 0s }
    grace: 1s
  base:     { run: ${python} base, ready: { settle: 0s }, grace: 1s }
  needs:    { run: ${python} needs, requires: [base], after: [base], ready: { settle: 0s }, grace: 1s }
  checked:
    run: ${python} checked
    ready: { settle: 0s }
    grace: 1s
    health:
      - exec: { run: /usr/bin/test -e /opt/heal/good, every: 1s, timeout: 2s }
    heal: { proof: 3s, run-first: /opt/heal/mend }
`;

sharedHost({
  setUp: async ({ host, holdfast, run }) => {
    await host.write("/opt/heal/main.py", program);
    await host.write("/opt/heal/good", "");
    await host.write("/opt/heal/mend", "#!/bin/sh\nexit 1\n", 0o755);
    await host.write("/etc/heal.env", "API_KEY=topsecret99\n", 0o600);
    await host.write("/opt/heal/holdfast.yaml", spec);
    await holdfast("-f /opt/heal/holdfast.yaml apply").succeeds();
    // Somebody else's drop-in, as they are found on hosts.
    await host.write("/etc/systemd/system/heal-leaves.service.d/kill.conf", "[Service]\nKillMode=process\n");
    await run("systemctl daemon-reload").succeeds();
    // Nobody watches here: these stories are about how a heal is carried out.
    await run("systemctl stop heal-check.timer").succeeds();
  },
});

const pidOf = ({ unit }: World, name: string) => unit(`heal-${name}.service`).show("MainPID");

async function processesOf({ run }: World, name: string): Promise<string[]> {
  const { stdout } = await run([
    "systemctl",
    "show",
    "--value",
    "-p",
    "ControlGroup",
    `heal-${name}.service`,
  ]);
  const list = `cat /sys/fs/cgroup/{,systemd,unified}${stdout.trim()}/cgroup.procs 2>/dev/null | sort -u`;
  return (await run(["bash", "-c", list])).stdout.split("\n").filter(Boolean);
}

const isAlive = async ({ run }: World, pid: string) =>
  (await run(["test", "-e", `/proc/${pid}`])).status === 0;

/** Records a heal as a watcher does, and returns its number. */
async function recordHeal({ run }: World, name: string, more: object = {}): Promise<string> {
  const script = `
    const { DatabaseSync } = await import("node:sqlite");
    const { WatchRecord } = await import("${checkout}/src/store/watch.ts");
    const { beginHeal } = await import("${checkout}/src/apply/heal-record.ts");
    const record = new WatchRecord(new DatabaseSync("/var/lib/holdfast/holdfast.db"));
    console.log(beginHeal(record, { app: "heal", service: "${name}", unit: "heal-${name}.service", at: Date.now(),
      who: "the story", act: "restart", cause: "freshness", check: "log", why: "log of ${name} fails: it is too old",
      counts: true, pidBefore: null, ...${JSON.stringify(more)} }));`;
  const { stdout } = await run([process.execPath, "--input-type=module", "-e", script]).succeeds();
  return stdout.trim();
}

story(
  "what ignores SIGTERM, and its child that detached itself, are both gone; an unrelated process with the same words lives",
  { covers: "G-12, G-13, G-14, G-19, G-45" },
  async (world) => {
    const { host, holdfast, run, unit } = world;
    await run([
      "systemd-run",
      "--unit=bystander",
      "--working-directory=/opt/heal",
      ...`${python} stubborn`.split(" "),
    ]).succeeds();
    const bystander = await unit("bystander.service").show("MainPID");
    await waitUntil("it has its child", async () => (await processesOf(world, "stubborn")).length === 2);
    const [pid, before] = [await pidOf(world, "stubborn"), await processesOf(world, "stubborn")];

    const said = await holdfast(["heal", "heal/stubborn", "--why", "it hangs"]).succeeds();
    const now = await pidOf(world, "stubborn");
    expect(now).not.toBe(pid);
    said.says(`(pid ${now}, was ${pid})`).says("evidence: /var/lib/holdfast/apps/heal/evidence/heal-");
    for (const old of before) expect(await isAlive(world, old)).toBe(false);
    expect(await isAlive(world, bystander)).toBe(true);
    await unit("heal-stubborn.service").is("active/running");
    expect(await unit("heal-stubborn.service").show("NRestarts")).toBe("0");

    const [heal] = await healsOf(run, "stubborn");
    expect(heal).toMatchObject({ outcome: "helped", cause: "by hand", why: "it hangs", counts: 0 });
    expect(heal).toMatchObject({ pid_before: Number(pid), pid_after: Number(now), step: "prove" });
    expect((await eventsOf(run, "stubborn")).map(({ kind }) => kind)).toEqual(["heal-begun", "heal-ended"]);
    expect(await unit("heal-stubborn.service").journal()).toContain(
      "restart of heal-stubborn.service by root: it hangs",
    );
    const evidence = await host.read(String(heal!["evidence"]));
    expect(JSON.parse(evidence!)).toMatchObject({
      heal: { why: "it hangs" },
      processes: { count: 2 },
      missing: {},
    });
  },
);

story(
  "what its stop leaves behind is gone after a heal, before the new start",
  { covers: "G-13" },
  async (world) => {
    const { holdfast, run } = world;
    await waitUntil("it has its child", async () => (await processesOf(world, "leaves")).length === 2);
    const before = await processesOf(world, "leaves");

    // The detector: systemd's own restart leaves the child.
    await run("systemctl restart heal-leaves.service").succeeds();
    await waitUntil("the new child is there", async () => (await processesOf(world, "leaves")).length === 3);
    const left = await processesOf(world, "leaves");
    expect(left.filter((pid) => before.includes(pid))).toHaveLength(1);

    await holdfast("heal heal/leaves").succeeds();
    for (const old of left) expect(await isAlive(world, old)).toBe(false);
  },
);

story(
  "a service that dies at once: the restart did not help, and it is said why",
  { covers: "G-47" },
  async ({ host, holdfast, run }) => {
    await host.write("/opt/heal/broken", "");
    const said = await holdfast("heal heal/fragile").fails(1);
    said.says(/restart did not help: .*exit code 3/);
    const [heal] = await healsOf(run, "fragile");
    expect(heal).toMatchObject({ outcome: "failed" });
    // systemd hears of exec and of the exit in either order: for a Type=exec that dies at once the job itself may fail.
    expect(heal!["step"]).toMatch(/^(start|ready)$/);
    expect(String(heal!["detail"])).toMatch(/did not help.*exit code 3/);
    await run("rm /opt/heal/broken").succeeds();
    await holdfast("reset heal/fragile").succeeds();
  },
);

story(
  "what its checks do not find good after the start did not help, though it runs",
  { covers: "G-47" },
  async (world) => {
    const { host, holdfast, run } = world;
    await run("rm /opt/heal/good").succeeds();
    await holdfast("heal heal/checked")
      .fails(1)
      .then((result) => result.says("exec"));
    expect((await healsOf(run, "checked")).at(-1)).toMatchObject({ outcome: "did-not-help", step: "prove" });
    await host.write("/opt/heal/good", "");
    await holdfast("heal heal/checked")
      .succeeds()
      .then((result) => result.says("good again: exec"));
  },
);

story(
  "a fix that is declared is tried first; when the checks are good after it, nothing is restarted",
  { covers: "G-07" },
  async (world) => {
    const { host, holdfast, run } = world;
    const pid = await pidOf(world, "checked");
    await host.write("/opt/heal/mend", "#!/bin/sh\nid -un > /tmp/mender\n", 0o755);
    await holdfast(["carry-heal", await recordHeal(world, "checked")]).succeeds();
    expect((await healsOf(run, "checked")).at(-1)).toMatchObject({ outcome: "helped", step: "run-first" });
    expect(await pidOf(world, "checked")).toBe(pid);

    await host.write("/opt/heal/mend", "#!/bin/sh\nexit 1\n", 0o755);
    await holdfast(["carry-heal", await recordHeal(world, "checked")]).succeeds();
    expect((await healsOf(run, "checked")).at(-1)).toMatchObject({ outcome: null, step: "prove" });
    expect(await pidOf(world, "checked")).not.toBe(pid);
  },
);

story("what a person stopped is not started by a heal", { covers: "G-09" }, async (world) => {
  const { holdfast, run, unit } = world;
  await holdfast("stop heal/plain --reason looking").succeeds();
  await holdfast("heal heal/plain")
    .fails(1)
    .then((result) => result.says("root stopped it"));
  await holdfast(["carry-heal", await recordHeal(world, "plain")]).succeeds();
  expect((await healsOf(run, "plain")).at(-1)).toMatchObject({ outcome: "superseded" });
  await unit("heal-plain.service").is("inactive");
  await holdfast("start heal/plain").succeeds();
});

story("a run that began after the heal was decided is left alone", { covers: "G-13" }, async (world) => {
  const { holdfast, run } = world;
  const heal = await recordHeal(world, "plain", { pidBefore: Number(await pidOf(world, "plain")) });
  await holdfast("restart heal/plain").succeeds();
  const pid = await pidOf(world, "plain");
  await holdfast(["carry-heal", heal]).succeeds();
  expect((await healsOf(run, "plain")).at(-1)).toMatchObject({ outcome: "superseded" });
  expect(await pidOf(world, "plain")).toBe(pid);
});

story("what requires a healed service runs again after it", { covers: "G-13" }, async (world) => {
  const { holdfast, unit } = world;
  const pid = await pidOf(world, "needs");
  await holdfast("heal heal/base").succeeds();
  await unit("heal-needs.service").waitFor("active");
  expect(await pidOf(world, "needs")).not.toBe(pid);
});

story(
  "evidence of a stopped process: its state, where it waits, what it wrote, without its secret; for root alone",
  { covers: "G-12, G-45, C-81, C-110, C-116" },
  async (world) => {
    const { host, holdfast, run } = world;
    const pid = await pidOf(world, "secretive");
    await run(["kill", "-STOP", pid]).succeeds();
    await holdfast("heal heal/secretive").succeeds();
    const [heal] = await healsOf(run, "secretive");
    const path = String(heal!["evidence"]);
    expect((await run(["stat", "-c", "%a", path])).stdout.trim()).toBe("600");
    const text = (await host.read(path))!;
    expect(text).not.toContain("topsecret99");
    const evidence = JSON.parse(text);
    // Its limit is 2 s; a busy machine comes late to its own timers.
    expect(evidence.took).toBeLessThan(2000 + 1000);
    expect(evidence.processes.list[0]).toMatchObject({
      pid: Number(pid),
      state: "T",
      openFiles: expect.any(Number),
    });
    expect(evidence.processes.list[0].command).toContain("--key [API_KEY]");
    expect(evidence.log.list.map((line: { text: string }) => line.text)).toContain(
      "secretive started with the key [API_KEY]",
    );
    expect(evidence.unit).toMatchObject({ ActiveState: "active", MainPID: Number(pid) });
    expect(evidence.host.memory).toHaveProperty("MemAvailable");
    expect(evidence.host.disk.free.bytes).toBeGreaterThan(0);
    expect(evidence.topProcesses.list.length).toBeGreaterThan(2);
  },
);

story("evidence that cannot be kept keeps nobody from healing", { covers: "G-12" }, async (world) => {
  const { host, holdfast, run } = world;
  await run("mv /var/lib/holdfast/apps/heal/evidence /var/lib/holdfast/apps/heal/evidence.old").succeeds();
  await host.write("/var/lib/holdfast/apps/heal/evidence", "in the way");
  await holdfast("heal heal/plain").succeeds();
  expect((await healsOf(run, "plain")).at(-1)).toMatchObject({ outcome: "helped", evidence: null });
  await run("rm /var/lib/holdfast/apps/heal/evidence").succeeds();
});

story("who wants to change the application during a heal is told who is healing what", {}, async (world) => {
  const { host, holdfast, run } = world;
  const healing = holdfast("heal heal/mule");
  await waitUntil("it is being stopped", async () =>
    (await healsOf(run, "mule")).some(({ step, finished }) => step === "stop" && finished === null),
  );
  await holdfast("restart heal/plain")
    .fails(11)
    .then((result) => result.says('root is running "holdfast heal mule"'));
  await holdfast("heal heal/mule").fails(11);
  // Another service of the same application need not wait.
  await holdfast("heal heal/plain").succeeds();
  await healing.succeeds();
  await holdfast("restart heal/plain").succeeds();
  expect(await host.exists("/var/lib/holdfast/apps/heal/lock.db")).toBe(true);
  expect(await readRecord(run, "SELECT id FROM heals WHERE finished IS NULL AND step != 'prove'")).toEqual(
    [],
  );
});

story(
  "killed at any moment and started again, a heal ends with one new process, ready, and nothing of the old one",
  { covers: "G-12, G-13, G-32", timeout: 600_000 },
  async (world) => {
    const { holdfast, run, unit } = world;
    const seen: string[] = [];
    for (let at = 1; ; at++) {
      await waitUntil("it has its child", async () => (await processesOf(world, "cut")).length === 2);
      const [pid, before] = [await pidOf(world, "cut"), await processesOf(world, "cut")];
      const heal = await recordHeal(world, "cut");
      const cut = { at, since: "start", depth: "calls", gate: false, directory: "/opt/heal" } as const;
      await using attempt = await startCut(world, ["carry-heal", heal], cut);
      const ended = await attempt.end();
      const moment = (await attempt.moments()).at(-1)!;
      if (ended.status === 0) break;
      seen.push(moment);

      const where = `killed at ${moment}`;
      await holdfast(["carry-heal", heal]).succeeds();
      const row = (await healsOf(run, "cut")).at(-1)!;
      expect(row, where).toMatchObject({ outcome: null, step: "prove", pid_before: Number(pid) });
      expect(row["pid_after"], where).toBe(Number(await pidOf(world, "cut")));
      expect(row["pid_after"], where).not.toBe(Number(pid));
      expect(row["evidence"], where).toMatch(/heal-\d+\.json$/);
      for (const old of before) expect(await isAlive(world, old), where).toBe(false);
      await unit("heal-cut.service").is("active/running");
      // Once more changes nothing: it is the watcher's now. That is so wherever it was cut, and each try takes a second.
      if (at % 4 !== 0) continue;
      await holdfast(["carry-heal", heal]).succeeds();
      expect((await healsOf(run, "cut")).at(-1), where).toEqual(row);
    }
    for (const step of ["evidence", "stop", "kill-rest", "start", "ready", "prove"])
      expect(seen).toContain(`heal ${step} begun`);
    expect(seen).toEqual(expect.arrayContaining(["after StopUnit", "after StartUnit"]));
  },
);
