import { expect } from "vitest";
import type { Plan } from "../../src/plan/plan.ts";
import { cutEverywhere } from "./cut-short.ts";
import { takeSnapshot } from "./snapshot.ts";
import { sharedHost, story, type World } from "./story.ts";

const directory = "/opt/demo";
const watch = [directory, "/var/lib/demo-state"];

/** What the changes below touch: a restart with a changed secret, a change that needs none, a service that goes, the journal. */
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
const minutes = 60_000;
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
