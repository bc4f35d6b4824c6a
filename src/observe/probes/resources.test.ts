import { spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Look } from "../../compile/watch-rule.ts";
import type { Kept } from "../../heal/reading.ts";
import type { Host } from "../../host/host.ts";
import { parseOffset, probeClock } from "./clock.ts";
import { countConnections } from "./connections.ts";
import { contextOf, host, type Given } from "./context-for-tests.ts";
import { probeCpu } from "./cpu.ts";
import { probeDisk } from "./disk.ts";
import { probeMemory } from "./memory.ts";
import { processCpu, processMemory } from "./processes.ts";
import { addSample, trendOf, type Samples } from "./trend.ts";
import { processesOf, readCpu, readMemory, type UnitGroup } from "./unit-group.ts";

const minute = 60_000;
const hour = 60 * minute;
const mebi = 1024 * 1024;

/** A host on which the unit has these contents of its control group (version 2). */
function hostWith(files: Record<string, () => string>): Host {
  const read = async (path: string): Promise<string | null> => {
    if (path === "/sys/fs/cgroup/cgroup.controllers") return "cpu memory pids";
    const own = /^\/sys\/fs\/cgroup\/demo\.slice\/(.*)$/.exec(path)?.[1];
    return own === undefined ? host.files.read(path) : (files[own]?.() ?? null);
  };
  return {
    ...host,
    files: { ...host.files, read },
    systemd: Object.assign(Object.create(host.systemd), {
      properties: async () => ({ ControlGroup: "/demo.slice" }),
    }),
  };
}

describe("control groups", () => {
  let root = "";
  beforeAll(async () => {
    root = await fs.mkdtemp(join(tmpdir(), "holdfast-cgroup-"));
    const write = async (path: string, text: string) => {
      await fs.mkdir(join(root, path, ".."), { recursive: true });
      await fs.writeFile(join(root, path), text);
    };
    await write("demo.slice/cgroup.procs", "12\n13\n");
    await write("demo.slice/inner/cgroup.procs", "0\n14\n");
    await write(
      "demo.slice/memory.stat",
      "anon 1000\nfile 9000\nshmem 300\nkernel_stack 20\nslab_reclaimable 500\n",
    );
    await write("demo.slice/cpu.stat", "usage_usec 2500000\nuser_usec 1\n");
    await write("systemd/demo.slice/cgroup.procs", "15\n");
    await write(
      "memory/demo.slice/memory.stat",
      "cache 1\nrss 2\ntotal_cache 9000\ntotal_rss 1000\ntotal_shmem 30\n",
    );
    await write("cpuacct/demo.slice/cpuacct.usage", "2500000000\n");
  });
  afterAll(() => fs.rm(root, { recursive: true }));
  const group = (version: 1 | 2): UnitGroup => ({ path: "/demo.slice", version, root });

  test("version 2: memory without page cache, all processes of groups below, time in milliseconds", async () => {
    expect(await readMemory(host, group(2))).toEqual({ value: 1320, of: "group" });
    expect(await readCpu(host, group(2))).toEqual({ value: 2500, of: "group" });
    expect(await processesOf(host, group(2))).toEqual([12, 13, 14]);
  });

  test("version 1: the same of its own hierarchies", async () => {
    expect(await readMemory(host, group(1))).toEqual({ value: 1030, of: "group" });
    expect(await readCpu(host, group(1))).toEqual({ value: 2500, of: "group" });
    expect(await processesOf(host, group(1))).toEqual([15]);
  });

  test("without controllers it is measured over the processes", async () => {
    const found = await readMemory(host, { path: "/demo.slice", version: 1, root: join(root, "none") });
    expect(found).toEqual({ value: 0, of: "processes" });
    const own = await processMemory(host, [process.pid, 2 ** 22 + 1]);
    expect(own).toBeGreaterThan(20 * mebi);
    expect(own).toBeLessThan(process.memoryUsage.rss());
    const { user, system } = process.cpuUsage();
    const cpu = await processCpu(host, [process.pid]);
    expect(Math.abs(cpu - (user + system) / 1000)).toBeLessThan(200);
  });
});

describe("trends", () => {
  test("samples are few, spread over the window, and the newest is always one of them", () => {
    let samples: Samples = [];
    for (let now = 1e12; now < 1e12 + 6 * hour; now += 15_000) {
      samples = addSample(samples, now, now, hour);
      expect(samples.length).toBeLessThanOrEqual(32);
      expect(samples.at(-1)).toEqual([now, now]);
    }
    expect(samples.length).toBeGreaterThan(24);
    const { slope, covers } = trendOf(samples)!;
    expect(slope).toBeCloseTo(1, 6);
    expect(covers).toBeGreaterThan(0.85 * hour);
  });

  test("three samples are none", () => {
    expect(
      trendOf([
        [1, 1],
        [2, 2],
        [3, 3],
      ]),
    ).toBeNull();
  });
});

describe("memory", () => {
  const look = (rest: object): Look => ({ kind: "memory", atMost: null, growth: null, lasting: 0, ...rest });
  const used = { bytes: 0 };
  const small = hostWith({ "memory.stat": () => `anon ${used.bytes}\n` });
  const begin = 1_800_000_000_000;

  async function watch(rule: Look, bytes: (elapsed: number) => number, until: number, given: Given = {}) {
    let kept: Kept | undefined;
    for (let elapsed = 0; ; elapsed += 15_000) {
      used.bytes = bytes(elapsed);
      const service = { memoryLimit: 1024 * mebi };
      const found = await probeMemory(
        contextOf(rule, { now: begin + elapsed, kept, host: small, service, ...given }),
      );
      kept = JSON.parse(JSON.stringify(found.kept)) as Kept;
      if (elapsed >= until) return found;
    }
  }

  test("85 % for five minutes fails at five minutes; a spike of a moment does not", async () => {
    const rule = look({ atMost: { share: 0.8 }, lasting: 5 * minute });
    const spike = await watch(rule, (at) => (at === minute ? 900 : 100) * mebi, 10 * minute);
    expect(spike).toMatchObject({ result: "ok", value: 100 * mebi });
    const early = await watch(rule, () => 870 * mebi, 4.75 * minute);
    expect(early).toMatchObject({ result: "ok", dueAt: begin + 5 * minute });
    const late = await watch(rule, () => 870 * mebi, 5 * minute);
    expect(late).toMatchObject({ result: "fail", value: 870 * mebi, limit: Math.round(0.8 * 1024 * mebi) });
    expect(late.says).toBe("it uses 870M, 85 % of its limit of 1G, over 80 % for 5 min");
  });

  test("two looks with nobody between them prove nothing", async () => {
    const rule = look({ atMost: { share: 0.8 }, lasting: 5 * minute });
    used.bytes = 900 * mebi;
    const given = { host: small, service: { memoryLimit: 1024 * mebi } };
    const first = await probeMemory(contextOf(rule, { ...given, now: begin }));
    const second = await probeMemory(contextOf(rule, { ...given, now: begin + hour, kept: first.kept }));
    expect(second.result).toBe("ok");
  });

  test("a leak fails by its trend, and says when the limit will be reached", async () => {
    const rule = look({ growth: { bytes: 100 * mebi, window: hour } });
    const leak = await watch(rule, (at) => 200 * mebi + (at / hour) * 300 * mebi, 40 * minute);
    expect(leak.result).toBe("fail");
    expect(leak.value).toBeGreaterThan(299 * mebi);
    expect(leak.limit).toBe(100 * mebi);
    expect(leak.says).toMatch(
      /it grows by 300M in 1 h .*; it uses 400M.*; at this rate it reaches its limit of 1G in 2 h/,
    );
    const steady = await watch(rule, (at) => (at % minute === 0 ? 250 : 200) * mebi, 40 * minute);
    expect(steady.result).toBe("ok");
    expect(JSON.stringify(steady.kept).length).toBeLessThan(1500);
  });

  test("a new run begins a new trend", async () => {
    const rule = look({ growth: { bytes: 1, window: 10 * minute } });
    const before = await watch(rule, (at) => at * 1000, 9 * minute);
    expect(before.result).toBe("fail");
    const unit = { invocation: "2" };
    const given = { host: small, now: begin + 10 * minute, kept: before.kept, unit };
    expect((await probeMemory(contextOf(rule, given))).result).toBe("ok");
  });

  test("without a limit the share is that of the host", async () => {
    used.bytes = 10 * mebi;
    const found = await probeMemory(contextOf(look({ atMost: { share: 0.8 } }), { host: small }));
    expect(found.limit).toBeGreaterThan(100 * mebi);
    expect(found.says).toContain("of the host's");
  });
});

describe("CPU", () => {
  const look: Look = { kind: "cpu", atMost: 90, lasting: 5 * minute };
  test("fails when it is busy for as long as may be, by the time between two looks", async () => {
    let usage = 0;
    const busy = hostWith({ "cpu.stat": () => `usage_usec ${usage}\n` });
    let kept: Kept | undefined;
    const results: string[] = [];
    for (let now = 1e12; now <= 1e12 + 6 * minute; now += 30_000) {
      usage += 28_500_000;
      const found = await probeCpu(contextOf(look, { host: busy, now, kept }));
      kept = found.kept;
      results.push(`${(now - 1e12) / 1000}s ${found.result} ${found.value}`);
    }
    // The first look has only a moment to measure, in which nothing was counted.
    expect(results[0]).toBe("0s ok 0");
    expect(results[1]).toBe(`30s ok ${Math.round((28.5 / 29.75) * 1000) / 10}`);
    expect(results.at(-2)).toBe("330s fail 95");
    expect(results.findIndex((line) => line.includes("fail"))).toBe(11);
  });
});

describe("disk", () => {
  const look = (rest: object): Look => ({
    kind: "disk",
    path: tmpdir(),
    free: { bytes: 1 },
    inodes: 0,
    fullIn: null,
    ...rest,
  });

  test("says what df says", async () => {
    const found = await probeDisk(contextOf(look({})));
    const df = spawn("df", ["-B1", "--output=avail", tmpdir()]);
    let text = "";
    for await (const chunk of df.stdout) text += String(chunk);
    const avail = Number(text.split("\n")[1]);
    expect(Math.abs(Number(found.value) - avail)).toBeLessThan(200 * mebi);
    expect(found).toMatchObject({ result: "ok", limit: 1 });
  });

  test("fails below its limit, in bytes, share and inodes; nothing is known of what is not there", async () => {
    expect((await probeDisk(contextOf(look({ free: { bytes: 2 ** 60 } })))).result).toBe("fail");
    expect((await probeDisk(contextOf(look({ free: { share: 1 } })))).says).toContain("less than 100 %");
    const inodes = await probeDisk(contextOf(look({ inodes: 1 })));
    if (inodes.result === "fail") expect(inodes.says).toContain("inodes");
    expect((await probeDisk(contextOf(look({ path: "/nowhere" })))).result).toBe("unknown");
  });

  test("says when it will be full, once it has been watched for an eighth of that", async () => {
    const now = Date.now();
    const { value } = await probeDisk(contextOf(look({})));
    const free = Number(value);
    // Half of what was free before is gone: the other half lasts as long.
    const after = (span: number, lost: number): Kept => ({
      samples: Array.from({ length: 8 }, (_, i) => [now - span + (i * span) / 8, free + lost * (1 - i / 8)]),
    });
    const rule = look({ fullIn: 24 * hour });
    const found = await probeDisk(contextOf(rule, { now, kept: after(hour, free) }));
    expect(found).toMatchObject({ result: "fail", limit: 86_400 });
    expect(Math.abs(Number(found.value) - 3600)).toBeLessThan(60);
    expect(found.says).toMatch(/is full in (59 min|1 h)/);
    // Eleven hours from a look of seventeen minutes would be a guess.
    const guess = await probeDisk(contextOf(rule, { now, kept: after(hour / 3.5, free / 40) }));
    expect(guess.result).toBe("ok");
  });
});

describe("connections", () => {
  test("those of the given processes are counted, of a port at either end, and no others", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const own = await countConnections([process.pid], port);
    expect(own.count).toBe(0);
    const sockets: Socket[] = [];
    for (let i = 0; i < 3; i++) {
      const socket = connect(port, "127.0.0.1");
      await new Promise((resolve) => socket.once("connect", resolve));
      sockets.push(socket);
    }
    const other = spawn("sleep", ["60"]);
    try {
      await expect.poll(async () => (await countConnections([process.pid], port)).count).toBe(6);
      expect((await countConnections([process.pid, process.pid], port)).count).toBe(6);
      expect((await countConnections([process.pid], port === 1 ? 2 : 1)).count).toBe(0);
      expect((await countConnections([other.pid!, 2 ** 22 + 1], null)).count).toBe(0);
    } finally {
      other.kill();
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });
});

describe("the clock", () => {
  const look: Look = { kind: "clock", offset: 1000 };
  const hostSaying = (answers: Record<string, string>): Host => ({
    ...host,
    run: async (argv) => {
      const found = Object.entries(answers).find(([start]) => argv.join(" ").startsWith(start));
      return { status: found ? 0 : 1, signal: null, stdout: found?.[1] ?? "", stderr: "" };
    },
  });
  const chrony = (offset: string, leap: string) =>
    `C0A80101,192.168.1.1,3,1763712345.1,${offset},0.1,0.1,1,0,0.1,0.01,0.001,64.2,${leap}\n`;

  test.each([
    ["chrony, near", { chronyc: chrony("-0.012", "Normal") }, "ok", 0.012],
    ["chrony, off", { chronyc: chrony("1.5", "Normal") }, "fail", 1.5],
    ["chrony, lost", { chronyc: chrony("0.0", "Not synchronised") }, "fail", null],
    [
      "timesyncd",
      {
        "timedatectl show": "NTP=yes\nNTPSynchronized=yes\n",
        "timedatectl timesync": "  Offset: -1min 2.5s\n",
      },
      "fail",
      62.5,
    ],
    ["another service", { "timedatectl show": "NTP=no\nNTPSynchronized=yes\n" }, "ok", null],
    ["not yet", { "timedatectl show": "NTP=yes\nNTPSynchronized=no\n" }, "fail", null],
    ["none", { "timedatectl show": "NTP=no\nNTPSynchronized=no\n" }, "unknown", null],
  ])("%s", async (_, answers, result, value) => {
    const found = await probeClock(contextOf(look, { host: hostSaying(answers) }));
    expect(found).toMatchObject({ result, value, limit: 1 });
  });

  test("offsets as systemd writes them", () => {
    expect(parseOffset("       Offset: +1.234ms\n")).toBeCloseTo(1.234);
    expect(parseOffset("Offset: -1y 2w\n")).toBeLessThan(-3e10);
    expect(parseOffset("Delay: 1ms\n")).toBeNull();
  });
});
