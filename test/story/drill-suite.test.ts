import { expect } from "vitest";
import type { Outcome } from "../../src/rehearse/outcome.ts";
import { sharedHost, story, waitUntil, type Result, type World } from "./story.ts";

// Drills of a suite of jobs, and of a restart of the whole machine.

const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const inThreeDays = weekdays[(new Date().getUTCDay() + 3) % 7]!;

const spec = `
app: desk
user: daemon
directory: /opt/desk
zone: UTC
notify: { test: false, channels: { room: { journal: {} } } }
drill: { every: 30d, faults: [emergency, reboot] }
services:
  bot: { run: /usr/bin/sleep infinity, ready: { settle: 0s } }
jobs:
  report: { run: /usr/bin/true, at: "${inThreeDays} 17:00" }
  waits: { run: /usr/bin/sleep infinity, at: "${inThreeDays} 18:00", timeout: 1h }
`;

const uid = "4322";
const home = "/home/nora";
const nora = {
  user: "nora",
  directory: `${home}/paper`,
  env: { XDG_RUNTIME_DIR: `/run/user/${uid}`, HOME: home },
};

sharedHost({
  setUp: async ({ host, holdfast, run }) => {
    await host.write("/opt/desk/holdfast.yaml", spec);
    await holdfast("--file /opt/desk/holdfast.yaml apply").succeeds();
    await run(`useradd --create-home --uid ${uid} nora`).succeeds();
    await run("loginctl enable-linger nora").succeeds();
    await waitUntil("she has a manager", () => host.exists(`/run/user/${uid}/bus`));
    await run(`install -d -o nora -g nora ${home}/paper`).succeeds();
    await host.write(
      `${home}/paper/holdfast.yaml`,
      `app: paper\ndirectory: ${home}/paper\nzone: UTC\njobs: { check: { run: /usr/bin/true, at: "${inThreeDays} 17:00" } }\n`,
    );
    await holdfast("apply --user", nora).succeeds();
  },
});

const verdicts = (result: Result): string[] =>
  (result.json() as { outcomes: Outcome[] }).outcomes.map(
    ({ service, fault, verdict }) => `${service} ${fault} ${verdict}`,
  );

const says = (result: Result, service: string | null): string =>
  (result.json() as { outcomes: Outcome[] }).outcomes.find((one) => one.service === service)!.says;

const runsOf = async ({ holdfast }: World, name: string) =>
  ((await holdfast(`--json runs ${name}`)).json() as { jobs: { runs: { result: string }[] }[] }).jobs[0]!
    .runs;

story(
  "an emergency is drilled when the suite is at rest: it is paused, asked, let go on, and as it was",
  { covers: "A-62" },
  async (world) => {
    const { holdfast, run } = world;
    // Not while a run is going on, and not without a word.
    await run("systemctl start --no-block desk-waits.service").succeeds();
    await waitUntil("it runs", async () => (await runsOf(world, "desk/waits"))[0]?.result === "running");
    (await holdfast("drill desk --fault emergency --yes").fails(1)).says("waits is running");
    await holdfast("cancel desk/waits").succeeds();
    (await holdfast("drill desk --fault emergency").fails(2)).says("report, waits: paused for some seconds");
    (await holdfast("drill desk --fault emergency crash --yes").fails(2)).says("by itself");
    expect((await holdfast("--json status desk")).json().jobs[0].paused).toBeNull();

    const done = await holdfast("--json drill desk --fault emergency --yes").succeeds();
    expect(verdicts(done)).toEqual(["report emergency kept", "waits emergency kept", "null emergency kept"]);
    expect(says(done, null)).toBe("None of them was running. Services ran on.");
    expect(await runsOf(world, "desk/report")).toEqual([]);
    await holdfast("status desk").says(/drilled .* ago: 3 kept; for the spec in force/);
    const trail = await holdfast("history desk");
    trail.says("pause").says("resume");
    const { drill } = (await holdfast("--json status desk")).json().rehearsed[0];
    expect(drill).toMatchObject({ overdue: false, faults: ["reboot"] });
  },
);

story(
  "what an emergency drill that was killed has paused goes on with the next command that looks",
  { covers: "A-62" },
  async ({ holdfast, run }) => {
    // As it is between its pause and its resume when it is killed.
    await holdfast(["pause", "desk", "--for", "3m", "--why", "holdfast drill"]).succeeds();
    const row = `import sqlite3, time; d = sqlite3.connect("/var/lib/holdfast/holdfast.db"); d.execute("INSERT INTO open_drills (app, at, who, faults, services) VALUES ('desk', ?, 'ops', '[\\"emergency\\"]', '[]')", (int(time.time() * 1000),)); d.commit()`;
    await run(["python3", "-c", row]).succeeds();
    const looked = await holdfast("--json status desk").succeeds();
    const { jobs, diagnostics } = looked.json() as {
      jobs: { paused: object | null }[];
      diagnostics: { code: string }[];
    };
    expect(jobs.map(({ paused }) => paused)).toEqual([null, null]);
    expect(diagnostics.map(({ code }) => code)).toContain("drill/cut-short");
  },
);

story(
  "a restart of the machine is drilled in two parts, and judged by what is there afterwards",
  { covers: "A-64" },
  async (world) => {
    const { host, holdfast, unit } = world;
    const asked = await holdfast("drill desk --fault reboot").fails(2);
    asked.says("everything on it is away meanwhile").says("bot, report, waits");
    const boots = host.boots;
    // It may be ended by what it asks for.
    await holdfast("drill desk --fault reboot --reboot --yes");
    await host.rebooted(boots);

    const looked = await holdfast("status desk");
    expect(looked.stderr).toMatch(/restart drill of "desk" .* waits for its verdict/);
    const done = await holdfast("--json drill desk --fault reboot", { timeout: 220_000 }).succeeds();
    expect(verdicts(done)).toEqual([
      "bot reboot kept",
      "report reboot kept",
      "waits reboot kept",
      "null reboot kept",
    ]);
    expect(says(done, "bot")).toMatch(/^it runs and is ready, started .* after the kernel$/);
    expect(says(done, "report")).toMatch(/^its timer is armed, next at 20/);
    expect(says(done, null)).toMatch(/^armed again: .*expect/);
    await unit("desk-bot.service").is("active");
    expect((await holdfast("--json notify status desk")).json().silences).toEqual([]);
    expect((await holdfast("status desk").succeeds()).stderr).not.toContain("waits");
    await holdfast("status desk").says(/drilled .* ago: 7 kept; for the spec in force/);
  },
);

story(
  "a timer that does not come back is a broken promise, and lingering is looked at in user scope",
  { covers: "A-64" },
  async (world) => {
    const { host, holdfast, run } = world;
    await holdfast("drill desk --fault reboot --yes").succeeds();
    await holdfast("drill --user paper --fault reboot --yes", nora).succeeds();
    (await holdfast("drill --user paper --fault reboot --reboot --yes", nora).fails(2)).says(
      "sudo systemctl reboot",
    );
    await run("systemctl disable desk-report.timer").succeeds();
    await host.reboot();
    await waitUntil("she has a manager", () => host.exists(`/run/user/${uid}/bus`));

    const done = await holdfast("--json drill desk --fault reboot", { timeout: 220_000 }).fails(1);
    expect(verdicts(done)).toContain("report reboot broken");
    expect(says(done, "report")).toBe("its timer is not enabled");
    (await holdfast("doctor desk").fails(1)).says("report reboot");

    const hers = await holdfast("--json drill --user paper --fault reboot", {
      ...nora,
      timeout: 220_000,
    }).succeeds();
    expect(verdicts(hers)).toEqual(["check reboot kept", "null reboot kept"]);
    expect(says(hers, null)).toMatch(/^lingering is on; armed again: /);
  },
);
