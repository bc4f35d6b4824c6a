import { expect } from "vitest";
import type { Plan } from "../../src/plan/plan.ts";
import { cutEverywhere, expectSame, startCut, type CutRun } from "./cut-short.ts";
import { takeSnapshot } from "./snapshot.ts";
import { sharedHost, story, type World } from "./story.ts";

const directory = "/opt/demo";
const watch = [directory, "/var/lib/demo-state", "/var/lib/systemd/timers"];

/** What is touched below: a restart with a changed secret, a change that needs none, a service that goes, the journal. */
const first = `
app: demo
user: demo
group: demo-group
directory: /opt/demo
logs: { max: 64M }
services:
  web:
    run: ./serve
    runtime: shell
    hardening: basic
    env: { file: .env, set: { MODE: one } }
    secrets: { KEY: /etc/demo/key }
    ready: { settle: 0s }
    writes: [data]
    state-directory: demo-state
  side: { run: sleep infinity, hardening: basic, ready: { settle: 0s }, limits: { memory: 32M }, enable: false }
  old: { run: sleep infinity, hardening: basic, ready: { settle: 0s } }
`;
const second = first
  .replace("MODE: one", "MODE: two")
  .replace("max: 64M", "max: 32M")
  .replace("memory: 32M", "memory: 48M")
  .replace("writes: [data]", "writes: [data, deep/er]")
  .replace(/\n {2}old:.*/, "");

sharedHost({
  name: "cut-short",
  setUp: async ({ host, run }) => {
    await host.write(`${directory}/serve`, "#!/bin/sh\nexec sleep infinity\n", 0o755);
    await host.write(`${directory}/.env`, "SETTING=1\n", 0o600);
    await host.write("/etc/demo/key", "first secret", 0o600);
    await host.write(`${directory}/holdfast.yaml`, first);
    await run("mkdir --mode=0711 /opt/demo/data").succeeds();
  },
});

const everywhere = { app: "demo", directory, watch, depth: "steps" } as const;
/** Of patience: for a busy machine, as every other time-out of a story. */
const minutes = 5 * 60_000;
let installed = 0;

story(
  "a first install, killed at every step, leaves nothing; the next command says so, and the one that comes through stays",
  { covers: "O-70", timeout: 3 * minutes },
  async (world) => {
    const points = await cutEverywhere(world, ["apply"], {
      ...everywhere,
      before: "as it was before the first apply",
      atLast: "committed",
    });
    expect(points.length).toBeGreaterThan(40);
    await isComplete(world, "at generation");
    installed = await generation(world);
  },
);

story(
  "an update, killed at every step, leaves the old generation as it was",
  { covers: "O-70, P-56", timeout: 3 * minutes },
  async (world) => {
    const { host, holdfast } = world;
    await host.write("/etc/demo/key", "second secret", 0o600);
    await host.write(`${directory}/holdfast.yaml`, second);
    const plan = (await holdfast("plan --json", { directory })).json().plan as Plan;
    expect(plan.changes.map(({ effect }) => effect)).toEqual(
      expect.arrayContaining(["live", "restart", "stop"]),
    );

    const points = await cutEverywhere(world, ["apply"], {
      ...everywhere,
      before: `at generation ${plan.from}`,
      atLast: "tidied",
    });

    expect(points.length).toBeGreaterThan(30);
    // A service notices nothing before its own step, and one that changes live never does.
    const restart = plan.steps.findIndex(({ kind }) => kind === "restart") + 1;
    const stop = plan.steps.findIndex(({ kind }) => kind === "stop") + 1;
    for (const { moment, restarted } of points) {
      const step = Number(/^step (\d+)/.exec(moment)?.[1] ?? 0) - (moment.endsWith("begun") ? 1 : 0);
      const touched = [
        ...(step >= stop ? ["demo-old.service"] : []),
        ...(step >= restart ? ["demo-web.service"] : []),
      ];
      if (moment !== points.at(-1)?.moment) expect(restarted, moment).toEqual(touched);
    }
    await isComplete(world, "at generation");
    expect(await host.read("/run/credentials/demo-web.service/KEY")).toBe("second secret");
  },
);

story(
  "a rollback, killed at every step, leaves the generation it started from",
  { covers: "O-70", timeout: 3 * minutes },
  async (world) => {
    const points = await cutEverywhere(world, ["rollback", "--to", String(installed)], {
      ...everywhere,
      before: `at generation ${await generation(world)}`,
      atLast: "finished",
    });
    expect(points.length).toBeGreaterThan(30);
    await world.host.write(`${directory}/holdfast.yaml`, first);
    await world.holdfast("apply", { directory }).says("Nothing to change");
    await hasNoTraces(world);
  },
);

story(
  "a removal, killed at every step, leaves everything in force",
  { covers: "O-70", timeout: 3 * minutes },
  async (world) => {
    const points = await cutEverywhere(world, ["remove"], {
      ...everywhere,
      before: `at generation ${await generation(world)}`,
      atLast: "committed",
    });
    expect(points.length).toBeGreaterThan(30);
    await isComplete(world, "removed");
    await world.unit("demo-web.service").waitFor("active");
  },
);

story(
  "a timer, killed where its stamp and its times change, keeps both",
  { covers: "O-70", timeout: 2 * minutes },
  async (world) => {
    const { host, holdfast, unit } = world;
    const withJob = (time: string): string =>
      `${first}jobs: { nightly: { run: sleep 1, at: "${time}", hardening: basic } }\n`;
    await host.write(`${directory}/holdfast.yaml`, withJob("03:00"));
    await holdfast("apply", { directory }).succeeds();
    await host.write(`${directory}/holdfast.yaml`, withJob("04:00"));
    const { plan } = (await holdfast("plan --json", { directory })).json() as { plan: Plan };
    const step = (kind: string): number => plan.steps.findIndex((candidate) => candidate.kind === kind) + 1;
    const moments = ["stop", "touch-stamp", "start", "check-timer"].flatMap((kind) => [
      `step ${step(kind)} begun`,
      `step ${step(kind)} done`,
    ]);
    const points = await cutEverywhere(world, ["apply"], {
      ...everywhere,
      before: `at generation ${plan.from}`,
      moments,
      atLast: "committed",
    });
    expect(points.map(({ moment }) => moment)).toEqual([...moments, "committed"]);
    expect(await unit("demo-nightly.timer").show("TimersCalendar")).toContain("04:00");
  },
);

const unitFile = "/etc/systemd/system/demo-web.service";
const half = "/etc/systemd/system/.demo-web.service";

story(
  "in the middle of a step: half-written files, programs and jobs under way are taken back too",
  { covers: "O-70", timeout: 2 * minutes },
  async (world) => {
    const { host, holdfast } = world;
    await host.write(`${directory}/holdfast.yaml`, first);
    await holdfast("apply", { directory }).succeeds();
    await host.write("/etc/demo/key", "third secret", 0o600);
    await host.write(
      `${directory}/holdfast.yaml`,
      second.replace("  side:", "  new: { run: ./serve }\n  side:"),
    );
    const moments = [
      "after spawn /usr/bin/systemd-tmpfiles",
      "after spawn /usr/bin/systemd-creds",
      "after StartUnit",
      `after link ${unitFile}`,
      `after open ${half}.holdfast-*`,
      `after write ${half}.holdfast-*`,
      `after rename ${half}.holdfast-*`,
      "after EnableUnitFiles",
      "after Reload",
      "after RestartUnit",
    ];
    const points = await cutEverywhere(world, ["apply"], {
      ...everywhere,
      depth: "calls",
      before: `at generation ${await generation(world)}`,
      moments,
      atLast: "committed",
    });
    expect(points.map(({ moment }) => moment)).toEqual([...moments, "committed"]);
    await isComplete(world, "at generation");
  },
);

story(
  "the way back, killed again and again in its middle, still arrives",
  { covers: "O-70", timeout: 2 * minutes },
  async (world) => {
    const { host, holdfast } = world;
    await host.write(`${directory}/holdfast.yaml`, first);
    await holdfast("apply", { directory }).succeeds();
    await host.write("/etc/demo/key", "fourth secret", 0o600);
    await host.write(`${directory}/holdfast.yaml`, second);
    const before = await takeSnapshot(host, "demo", watch);
    const { plan } = (await holdfast("plan --json", { directory })).json() as { plan: Plan };
    const restart = plan.steps.findIndex(({ kind }) => kind === "restart") + 1;
    await killed(
      await startCut(world, ["apply"], { ...everywhere, gate: false, at: `step ${restart} done` }),
    );
    for (const at of [
      `before rename ${half}.holdfast-before`,
      `after rename ${half}.holdfast-before`,
      "after Reload",
      "after RestartUnit",
    ]) {
      const way = { ...everywhere, gate: false, since: "start", depth: "calls", at } as const;
      const back = await startCut(world, ["rollback", "demo"], way);
      await killed(back);
      expect((await back.moments()).at(-1)).toBe(at);
      await holdfast("status").says("was cut short");
    }
    await holdfast("rollback demo")
      .says("It was taken back")
      .then((r) => r.says("nothing else to take back"));
    expectSame(await takeSnapshot(host, "demo", watch), before, "after the way back");
  },
);

async function killed(attempt: CutRun): Promise<void> {
  const { status, signal, stderr } = await attempt.end();
  expect(status === 137 || signal === "SIGKILL", stderr).toBe(true);
}

/** The change took effect before the kill: the next command says that, removes its traces, and goes on. */
async function isComplete(world: World, state: string): Promise<void> {
  const next = await world.holdfast("apply", { directory }).succeeds();
  next.says(new RegExp(`was cut short after it had taken effect: "demo" is ${state}`));
  await hasNoTraces(world);
}

async function hasNoTraces({ host }: World): Promise<void> {
  const { files } = await takeSnapshot(host, "demo", watch);
  const traces = Object.keys(files).filter((path) => /\.holdfast-|holdfast-try|^\/run\/holdfast/.test(path));
  expect(traces).toEqual([]);
}

async function generation({ holdfast }: World): Promise<number> {
  return ((await holdfast("status --json").succeeds()).json().services[0] as { generation: number })
    .generation;
}
