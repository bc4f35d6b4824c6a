import { describe, expect } from "vitest";
import type { Run } from "../../src/store/runs.ts";
import { stayWithinOneDay } from "./clock.ts";
import { sharedHost, story, waitUntil } from "./story.ts";

// Jobs of a person without root, under that person's own systemd. She lingers: her manager runs without a login.

const uid = "4321";
const home = "/home/mara";
const session = {
  user: "mara",
  directory: `${home}/paper`,
  env: { XDG_RUNTIME_DIR: `/run/user/${uid}`, HOME: home },
};

const world = sharedHost({
  name: "person",
  setUp: async ({ host, run }) => {
    await stayWithinOneDay("UTC");
    await run(`useradd --create-home --uid ${uid} mara`).succeeds();
    await run("loginctl enable-linger mara").succeeds();
    await waitUntil("she has a manager", () => host.exists(`/run/user/${uid}/bus`));
    await run(`install -d -o mara -g mara ${home}/paper`).succeeds();
  },
});

describe("in user scope", () => {
  story(
    "a timer runs its job through the gate and into the record, all without root",
    { covers: "A-17, A-19, A-72, A-91" },
    async ({ host, holdfast, run }) => {
      // The slot comes after the apply, however long that takes here: a plan is the larger part of it.
      await write(`"00:00"`);
      const began = performance.now();
      await holdfast("plan --user", session).succeeds();
      const seconds = 3 + (6 * (performance.now() - began)) / 1000;
      const slot = new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000);
      await write(`"*-*-* ${slot.toISOString().slice(11, 19)}"`);
      await holdfast("apply --user", session).succeeds();
      const units = `${home}/.config/systemd/user`;
      const files = (await run(`find ${units} -type f -user mara`).succeeds()).stdout.split("\n");
      for (const name of ["check.service", "check.timer", "waits.service", "waits.timer", "trade.service"])
        expect(files).toContain(`${units}/paper-${name}`);
      await run("systemctl --user list-timers --all --no-pager", session).says("paper-check.timer");
      expect((await run("find /etc/systemd/system -name paper-*").succeeds()).stdout).toBe("");

      const [ran] = await waitUntil("the slot is run", () => runsOf("check"), {
        accept: ([latest]) => latest !== undefined && latest.ended !== null,
      });
      expect(ran).toMatchObject({ result: "succeeded", trigger: "timer", slot: slot.toISOString() });
      expect(await host.read(`${home}/paper/ran`)).toBe(`${uid} CST6CDT\n`);
      const owner = await run(`stat --format=%U:%a ${home}/.local/state/holdfast`).succeeds();
      expect(owner.stdout).toBe("mara:700\n");
      expect(await host.exists("/var/lib/holdfast/holdfast.db")).toBe(false);
    },
  );

  story(
    "the same start again is harmless, and what needs the job may run after it",
    { covers: "A-03, A-41" },
    async ({ host, holdfast, run }) => {
      await run("systemctl --user start paper-check.service", session).succeeds();
      expect((await runsOf("check"))[0]).toMatchObject({ result: "already-done", trigger: "manual" });
      expect(await host.read(`${home}/paper/ran`)).toBe(`${uid} CST6CDT\n`);
      await holdfast("run trade --user", session).succeeds();
      expect((await runsOf("trade"))[0]).toMatchObject({ result: "succeeded" });
    },
  );

  story(
    "a stopped run is cancelled, and its timer stays armed",
    { covers: "A-40" },
    async ({ holdfast, run }) => {
      await run("systemctl --user start --no-block paper-waits.service", session).succeeds();
      await waitUntil("it runs", async () => (await runsOf("waits"))[0]?.result === "running");
      await holdfast("cancel waits --user", session).succeeds();
      expect((await runsOf("waits"))[0]).toMatchObject({ result: "cancelled" });
      await run("systemctl --user is-active paper-waits.timer", session).says("active");
    },
  );

  story(
    "it is said that nothing runs after a logout when she does not linger",
    { covers: "A-50" },
    async ({ holdfast, run }) => {
      await write(`"00:00"`);
      await holdfast("apply --user", session).doesNotSay("lingering is off");
      await run("rm /var/lib/systemd/linger/mara").succeeds();
      await write(`"00:01"`);
      await holdfast("apply --user", session).says("Fix: loginctl enable-linger");
      await run("touch /var/lib/systemd/linger/mara").succeeds();
    },
  );
});

async function write(at: string): Promise<void> {
  const spec = `app: paper
directory: ${home}/paper
zone: UTC
jobs:
  check:
    run: [/bin/sh, -c, "echo $(id -u) $TZ >> ran"]
    at: ${at}
    env: { set: { TZ: CST6CDT } }
    writes: [.]
    hardening: off
  trade:
    run: [/bin/sh, -c, "exit 0"]
    needs: check
    hardening: off
  waits:
    run: [/bin/sh, -c, "exec /bin/sleep inf"]
    at: "00:00"
    hardening: off
`;
  await world.host.write(`${home}/paper/holdfast.yaml`, spec);
}

/** Newest first. */
async function runsOf(job: string): Promise<Run[]> {
  return (await world.holdfast(`runs --json --user ${job}`, session).succeeds()).json().jobs[0].runs;
}
