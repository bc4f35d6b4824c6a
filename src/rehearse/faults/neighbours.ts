import type { Fault, Scene } from "../fault.ts";
import type { Seen } from "../outcome.ts";
import { describeDuration } from "../../value/duration.ts";
import { lookAt } from "../watch-unit.ts";

/** Something beside the application breaks: no service of it may notice. */
export async function unmoved(
  { stage, watch }: Scene,
  work: () => Promise<void>,
  promise: string,
  because: string,
): Promise<Seen> {
  const before = await Promise.all(stage.subjects.map(({ unit }) => lookAt(stage.outside, unit)));
  await work();
  const ready = await watch.until(20_000, async () => {
    for (const subject of stage.subjects) if (!(await stage.isReady(subject))) return false;
    return true;
  });
  const after = await Promise.all(stage.subjects.map(({ unit }) => lookAt(stage.outside, unit)));
  const moved = stage.subjects
    .filter((_, index) => before[index]!.pid !== after[index]!.pid)
    .map(({ name }) => name);
  if (!ready) return { verdict: "broken", promise, because, says: "not every service was ready 20 s later" };
  if (moved.length > 0)
    return {
      verdict: "broken",
      promise,
      because,
      says: `${moved.join(", ")} was restarted by it`,
      recover: watch.now,
    };
  return { verdict: "kept", promise, because, recover: watch.now, says: "every process ran on" };
}

const ready = async ({ stage }: Scene): Promise<boolean> => {
  for (const subject of stage.subjects) if (!(await stage.isReady(subject))) return false;
  return true;
};

/** All services active and ready after the host was away. */
export async function afterBoot(scene: Scene, promise: string, what: string): Promise<Seen> {
  const { stage, watch } = scene;
  const because = "services are enabled at boot";
  await stage.reconnect();
  const back = await watch.until(60_000, async () => {
    for (const { unit } of stage.subjects) {
      const seen = await lookAt(stage.outside, unit);
      if (seen.active !== "active") return false;
    }
    return ready(scene);
  });
  if (back)
    return {
      verdict: "kept",
      promise,
      because,
      recover: watch.now,
      says: `all ready ${describeDuration(watch.now)} after ${what}`,
    };
  const down: string[] = [];
  for (const subject of stage.subjects) {
    const { active } = await lookAt(stage.outside, subject.unit);
    if (active !== "active" || !(await stage.isReady(subject))) down.push(subject.name);
  }
  return {
    verdict: "broken",
    promise,
    because,
    says: `${describeDuration(watch.now)} after ${what} ${down.join(", ") || "not all"} was not ready`,
    fix: "see: holdfast doctor",
  };
}

/** The rest of the machine. */
export const neighbourFaults: readonly Fault[] = [
  {
    id: "journald-restarted",
    title: "the journal is restarted",
    standard: true,
    drill: true,
    scope: "host",
    run: (scene) =>
      unmoved(
        scene,
        async () =>
          void (await scene.stage.run([
            "systemctl",
            "restart",
            "systemd-journald.service",
            `systemd-journald@${scene.subject.app}.service`,
          ])),
        "a restart of the journal is felt by no service",
        "services write to the journal through a socket that systemd keeps",
      ),
  },
  {
    id: "agent-killed",
    title: "Holdfast's own agent is killed",
    standard: true,
    drill: true,
    scope: "host",
    cannot: ({ watched }) => (watched ? null : "no agent runs: supervision is systemd"),
    run: (scene) =>
      unmoved(
        scene,
        async () => {
          await scene.stage.run(["systemctl", "kill", "--signal=KILL", "holdfast-agent.service"]);
          await scene.watch.until(
            15_000,
            async () =>
              (await lookAt(scene.stage.outside, "holdfast-agent.service" as never)).active === "active",
          );
        },
        "our own death is felt by no service",
        "systemd is the only supervisor",
      ),
  },
  {
    id: "dbus-restarted",
    title: "D-Bus is restarted",
    standard: false,
    scope: "host",
    run: (scene) =>
      unmoved(
        scene,
        async () => {
          await scene.stage.run(["systemctl", "restart", "dbus.service"]);
          await scene.stage.reconnect();
        },
        "a restart of D-Bus is felt by no service",
        "services do not depend on the bus",
      ),
  },
  {
    id: "reboot",
    title: "the machine is rebooted",
    standard: true,
    scope: "host",
    run: async (scene) => {
      await scene.stage.inside.close();
      await scene.stage.host.reboot();
      return afterBoot(scene, "every service is back and ready after a reboot", "the reboot");
    },
  },
  {
    id: "power-cut",
    title: "the power fails",
    standard: false,
    scope: "host",
    run: async (scene) => {
      await scene.stage.inside.close();
      await scene.stage.host.powerCut();
      return afterBoot(scene, "every service is back and ready after a power cut", "the power cut");
    },
  },
];
