import { expect } from "vitest";
import type { Plan } from "../../src/plan/plan.ts";
import { expectSame, startCut } from "./cut-short.ts";
import { directory, isInstalled, placeProgram, writeSpec } from "./demo-app.ts";
import { takeSnapshot, type Snapshot } from "./snapshot.ts";
import { Result, checkout, sharedHost, story, waitUntil, type World } from "./story.ts";
import { once } from "node:events";

sharedHost({ name: "apply-interrupted", setUp: placeProgram });

const look = ({ host }: World): Promise<Snapshot> => takeSnapshot(host, "demo", []);
const side = "  side: { run: sleep infinity, hardening: basic, ready: { settle: 0s } }\n";

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  story(`${signal} while it waits for a service: taken back, and said in four parts`, {}, async (world) => {
    const good = await isInstalled(world, { others: side });
    const before = await look(world);
    await writeSpec(world, {
      mode: "two",
      web: "ready: { tcp: 9, within: 200s }",
      others: side.replace("settle: 0s", "settle: 1s"),
    });
    const apply = await start(world);
    await apply.hasSaid("✓ restart demo-web.service");
    apply.kill(signal);
    const result = (await apply.end()).fails(12);
    result.says("Interrupted by a signal").says(`"demo" is back at generation ${good}.`);
    result
      .says(/^ {2}Done: +\S/m)
      .says(/^ {2}Undone: +\S/m)
      .says(/^ {2}Fix: +\S/m);
    expectSame(await look(world), before, "after the way back");
  });
}

story("an interrupt ends a wait for systemd at once, and its job with it", {}, async (world) => {
  const good = await isInstalled(world, { others: side });
  const before = await look(world);
  // systemd does not call the start done before this command is.
  const web = 'before-start: ["sleep 300"]\n    ready: { within: 400s }';
  await writeSpec(world, { mode: "two", web, others: side });
  const apply = await start(world);
  await waitUntil(
    "systemd waits for it",
    async () => (await world.unit("demo-web.service").show("SubState")) === "start-pre",
  );
  const began = performance.now();
  apply.kill("SIGINT");
  const result = (await apply.end()).fails(12);
  result.says(`back at generation ${good}`).says(/Untouched: +wait until web is ready/);
  expect(performance.now() - began).toBeLessThan(100_000);
  expectSame(await look(world), before, "after the way back");
  await world.run("systemctl list-jobs --no-legend demo-web.service").doesNotSay("demo");
  // It ended because we ended it: nobody has to be told that it gave up.
  await world.unit("demo-give-up@demo-web.service").waitFor("inactive");
  await world.holdfast("status").doesNotSay("gave up");
});

story("an impatient second interrupt does not cut the way back short", {}, async (world) => {
  const good = await isInstalled(world);
  const before = await look(world);
  await writeSpec(world, { mode: "slow-to-stop", web: "ready: { tcp: 9, within: 200s }" });
  const apply = await start(world);
  await apply.hasSaid("✓ restart demo-web.service");
  apply.kill("SIGINT");
  await world.unit("demo-web.service").waitFor("deactivating");
  apply.kill("SIGINT");
  apply.kill("SIGTERM");
  await apply.hasSaid("Interrupted already: taking back what was begun.");
  await world.host.write("/run/may-stop", "");
  const result = (await apply.end()).fails(12);
  result.says(`back at generation ${good}.`);
  expectSame(await look(world), before, "after the way back");
});

story("a terminal that goes away does not cut a change short", {}, async (world) => {
  await isInstalled(world);
  await writeSpec(world, { mode: "two", others: side });
  const child = await world.host.spawn([`${checkout}/bin/holdfast`, "apply"], { directory });
  await once(child.stderr!, "data");
  child.stderr!.destroy();
  child.stdout!.destroy();
  await once(child, "close");
  await world
    .holdfast("apply", { directory })
    .succeeds()
    .then((r) => r.says("Nothing to change").doesNotSay("cut short"));
});

story(
  "SIGINT at every step of an update: taken back before it takes effect, complete after",
  { timeout: 900_000 },
  async (world) => {
    const { holdfast } = world;
    const good = await isInstalled(world);
    const before = await look(world);
    await writeSpec(world, { mode: "two", others: side });
    const { plan } = (await holdfast("plan --json", { directory }).succeeds()).json() as { plan: Plan };
    const moments = plan.steps.map((_, index) => `step ${index + 1} begun`);
    const last = `step ${moments.length} done`;
    for (const moment of ["recorded", ...moments, last]) {
      await using attempt = await startCut(world, ["apply"], { at: moment, how: "SIGINT", directory });
      await attempt.atGate();
      await attempt.open();
      const result = await attempt.end();
      // After the last step there is nothing left to interrupt.
      if (moment === last) result.succeeds();
      else result.fails(12).says("Interrupted by a signal").says(`back at generation ${good}.`);
      if (moment !== last) expectSame(await look(world), before, `after SIGINT at ${moment}`);
    }
    await holdfast("status").doesNotSay("cut short");
  },
);

type Running = {
  hasSaid(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  end(): Promise<Result>;
};

async function start({ host }: World): Promise<Running> {
  const argv = [`${checkout}/bin/holdfast`, "apply"];
  const child = await host.spawn(argv, { directory });
  const output = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  return {
    async hasSaid(text) {
      await waitUntil(`it says ${text}`, () => output.stderr.includes(text));
    },
    kill: (signal) => void child.kill(signal),
    async end() {
      const [status, signal] = await closed;
      return new Result(argv, { status, signal, ...output });
    },
  };
}
