import { expect, test } from "vitest";
import { isGroupOf, parseBuffer } from "./kernel-kills.ts";

const dmesg = `2026-11-21T04:40:02,873620+00:00 python3 invoked oom-killer: gfp_mask=0xcc0, order=0
2026-11-21T04:40:02,873695+00:00 oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=host,mems_allowed=0,oom_memcg=/polybot.slice/polybot-bot.service,task_memcg=/polybot.slice/polybot-bot.service,task=python3,pid=5069,uid=0
2026-11-21T04:40:02,873713+00:00 Memory cgroup out of memory: Killed process 5069 (python3) total-vm:54960kB
2026-11-21T05:40:03,000001+01:00 oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/system.slice/db.service,task=db, a,pid=7,uid=1
`;

test("the kernel's summary names the group, the process and whose limit it was", () => {
  const { kills, from } = parseBuffer(dmesg);
  expect(from).toBe(Date.parse("2026-11-21T04:40:02Z") * 1000 + 873_620);
  expect(kills).toEqual([
    {
      time: Date.parse("2026-11-21T04:40:02Z") * 1000 + 873_695,
      group: "/polybot.slice/polybot-bot.service",
      process: "python3",
      limitOf: "/polybot.slice/polybot-bot.service",
    },
    {
      time: Date.parse("2026-11-21T04:40:03Z") * 1000 + 1,
      group: "/system.slice/db.service",
      process: "db, a",
      limitOf: null,
    },
  ]);
});

test("an empty buffer says nothing about any time", () => {
  expect(parseBuffer("")).toEqual({ kills: [], from: null });
});

test("a group belongs to a unit by a whole part of its path", () => {
  expect(isGroupOf("/outer/host/polybot.slice/polybot-bot.service/worker", "polybot-bot.service")).toBe(true);
  expect(isGroupOf("/polybot.slice/other-polybot-bot.service", "polybot-bot.service")).toBe(false);
});
