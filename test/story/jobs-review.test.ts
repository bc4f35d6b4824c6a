import { expect } from "vitest";
import { stayWithinOneDay } from "./clock.ts";
import { sharedHost, story, waitUntil } from "./story.ts";

const spec = `
app: suite
user: suite
directory: /opt/suite
zone: America/Chicago
services:
  clock: { run: /usr/bin/python3 clock.py, runtime: python, ready: { settle: 3s } }
jobs:
  report:
    run: /usr/bin/python3 report.py
    at: "*-*-* 00:00:00"
    env: { file: .env, require: [DESK] }
    dry-run: --dry-run
    limits: { memory: 64M }
    writes: [out]
  greedy: { run: /usr/bin/python3 greedy.py, limits: { memory: 32M } }
`;

const clock = `import time
print("the clock has started", flush=True)
while True:
    time.sleep(1)
`;

const report = `import os, sys
print("report for desk", os.environ["DESK"])
print("a warning on the other stream", file=sys.stderr)
if "--dry-run" in sys.argv:
    print("dry: nothing is written")
else:
    open("out/report", "a").write("one\\n")
`;

const greedy = `data = []
while True:
    data.append(bytearray(4 << 20))
`;

sharedHost({
  setUp: async ({ host, run, holdfast }) => {
    await stayWithinOneDay("America/Chicago");
    await run("mkdir -p /opt/suite").succeeds();
    await host.write("/opt/suite/holdfast.yaml", spec);
    await host.write("/opt/suite/clock.py", clock);
    await host.write("/opt/suite/report.py", report);
    await host.write("/opt/suite/greedy.py", greedy);
    await host.write("/opt/suite/.env", "DESK=north\n", 0o600);
    await holdfast("-f /opt/suite/holdfast.yaml apply")
      .succeeds()
      .then((applied) => applied.says("clock: the clock has started").says("holdfast logs suite --follow"));
  },
});

story(
  "apply ends with the first lines of what it started, and the command for more",
  { covers: "O-17, O-71" },
  async ({ holdfast, run }) => {
    await run("systemctl stop suite-clock").succeeds();
    (await holdfast("-f /opt/suite/holdfast.yaml apply").succeeds())
      .says("clock: the clock has started")
      .says("holdfast logs suite --follow");
  },
);

story(
  "a runtime that is too old is refused before anything is touched",
  { covers: "O-08" },
  async ({ host, holdfast, unit }) => {
    await host.write(
      "/opt/suite/newer.yaml",
      spec.replace("runtime: python,", 'runtime: "python >= 9.9", env: { set: { NEW: yes } },'),
    );
    const before = await unit("suite-clock.service").show("MainPID");
    (await holdfast("-f /opt/suite/newer.yaml apply").fails(12)).says("the spec needs 9.9 or later");
    expect(await unit("suite-clock.service").show("MainPID")).toBe(before);
  },
);

story("memory in status is what systemd measures", { covers: "P-52, O-95" }, async ({ holdfast, unit }) => {
  await waitUntil("both agree within 5 %", async () => {
    const { services } = (await holdfast("status --json").succeeds()).json();
    const measured = Number(await unit("suite-clock.service").show("MemoryCurrent"));
    return Math.abs(services[0].memory - measured) <= measured * 0.05;
  });
});

story("a dry run leaves no trace but a line on record", { covers: "A-58" }, async ({ host, holdfast }) => {
  (await holdfast("run report --dry").succeeds()).says("dry: nothing is written").says("dry run passed");
  expect(await host.exists("/opt/suite/out/report")).toBe(false);
  expect((await holdfast("runs report --json").succeeds()).json().jobs[0].runs).toEqual([]);
  (await holdfast("history suite").succeeds()).says("dry run");
});

story(
  "runs are counted, timed and shown with the job's state",
  { covers: "A-26, A-37, A-38, A-43, A-70, A-71" },
  async ({ host, holdfast }) => {
    (await holdfast("run report").succeeds()).says("succeeded");
    (await holdfast("run report").succeeds()).says("already-done");
    expect(await host.read("/opt/suite/out/report")).toBe("one\n");

    const { jobs } = (await holdfast("runs report --json").succeeds()).json();
    expect(jobs[0].runs.map((run: { result: string }) => run.result)).toEqual(["already-done", "succeeded"]);
    const [, first] = jobs[0].runs;
    expect(jobs[0].durations.median).toBe(Date.parse(first.ended) - Date.parse(first.started));

    const status = (await holdfast("status suite").succeeds()).says("last already-done").says("report ✓");
    status.says(/report\s+next \d{4}-\d\d-\d\d 00:00 America\/Chicago/);
    const log = (await holdfast("logs suite").succeeds())
      .says("report for desk north")
      .says("a warning on the other stream");
    log.says("the clock has started");
  },
);

story(
  "a job over its memory limit is killed, and that is on record",
  { covers: "A-80" },
  async ({ holdfast }) => {
    await holdfast("run greedy").fails(1);
    const { jobs } = (await holdfast("runs greedy --json").succeeds()).json();
    expect(jobs[0].runs[0].result).toBe("failed");
    expect(jobs[0].runs[0].reason).toMatch(/KILL|memory/);
  },
);

story(
  "an environment file that others may read or that is not root's is refused",
  { covers: "A-34, A-77" },
  async ({ host, run, holdfast }) => {
    await run("chmod 644 /opt/suite/.env").succeeds();
    (await holdfast("-f /opt/suite/holdfast.yaml apply").succeeds()).says("Nothing to change");
    await host.write("/opt/suite/holdfast.yaml", spec.replace("memory: 64M", "memory: 65M"));
    (await holdfast("-f /opt/suite/holdfast.yaml apply").fails(1)).says("chmod 600 /opt/suite/.env");
    await run("chmod 600 /opt/suite/.env").succeeds();
    await run("chown suite: /opt/suite/.env").succeeds();
    (await holdfast("-f /opt/suite/holdfast.yaml apply").fails(1))
      .says("does not belong to root")
      .doesNotSay("north");
    await run("chown root: /opt/suite/.env").succeeds();
    await holdfast("-f /opt/suite/holdfast.yaml apply").succeeds();
  },
);

story(
  "a job whose timer is not armed is a bad line, and scripts can tell",
  { covers: "A-44" },
  async ({ holdfast, run }) => {
    await holdfast("status suite --quiet").succeeds();
    await run("systemctl stop suite-report.timer").succeeds();
    (await holdfast("status suite").succeeds()).says("NOT ARMED");
    (await holdfast("doctor suite/report").fails(1)).says("suite-report.timer is inactive and enabled");
    await holdfast("status suite --quiet").fails(1);
    (await holdfast("-f /opt/suite/holdfast.yaml apply").succeeds()).says("start suite-report.timer");
    await holdfast("status suite --quiet").succeeds();
  },
);
