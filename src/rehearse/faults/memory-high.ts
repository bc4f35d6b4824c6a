import { join } from "node:path";
import { describeSize } from "../../value/size.ts";
import type { Fault, Scene } from "../fault.ts";
import { readyAfter } from "./ready-after.ts";

const mebibyte = 1024 * 1024;

/** It wants more than it should have, and less than it may. */
export const memoryHighFault: Fault = {
  id: "memory-high",
  title: "a process of it leaks past its soft memory limit",
  standard: false,
  needs: "own-kernel",
  scope: "service",
  cannot: ({ service, name }) => {
    const high = service.limits?.["memory-high"];
    if (high === undefined || high === Infinity) return `services.${name}.limits.memory-high is not set`;
    return high > 512 * mebibyte
      ? `its soft limit of ${describeSize(high)} is more than the virtual machine has to spare`
      : null;
  },
  run: async (scene) => {
    const { subject, stage, watch, before } = scene;
    const high = subject.service.limits!["memory-high"]!;
    const promise = `past ${describeSize(high)} ${subject.name} is slowed down and not ended, and hurts nobody else`;
    const because = `services.${subject.name}.limits.memory-high`;
    const earlier = await timesHigh(scene);
    // No further: past its limit the kernel makes a program wait longer with every page.
    const load = await stage.inside.load("memory-until-slowed", before.pid, high);
    const times = (await timesHigh(scene)) - earlier;
    await stage.inside.unload(load.pid);
    if (load.refused !== null)
      return { verdict: "broken", promise, because, says: "the kernel ended it at its soft limit" };
    if (times === 0)
      return {
        verdict: "broken",
        promise,
        because,
        says: `it could take ${describeSize(load.reached)} and was never slowed down`,
        fix: "see: holdfast doctor",
      };
    watch.note("fault", "the kernel slows it down");
    return readyAfter(scene, promise, because, `slowed down at ${describeSize(high)}, and not ended`);
  },
};

/** How often the kernel has made this control group give memory back; see the kernel's cgroup-v2, memory.events. */
async function timesHigh({ stage, subject }: Scene): Promise<number> {
  const { stdout: group } = await stage.run([
    "systemctl",
    "show",
    "--property=ControlGroup",
    "--value",
    subject.unit,
  ]);
  const { stdout } = await stage.run(["cat", join("/sys/fs/cgroup", group.trim(), "memory.events")]);
  return Number(/^high (\d+)$/m.exec(stdout)?.[1] ?? 0);
}
