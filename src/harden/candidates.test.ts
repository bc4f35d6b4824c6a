import { describe, expect, test } from "vitest";
import type { Directive } from "../compile/artifact.ts";
import { sandboxKeys } from "../observe/checks/sandbox.ts";
import { profileKeys } from "../spec/profile-keys.ts";
import { fixedSettings, laddersOf, makeCandidates, settingsOf, type Surroundings } from "./candidates.ts";
import { describeLearned, profileOf } from "./learned.ts";
import type { TraceFacts } from "./trace.ts";

const directive = (key: string, value: string): Directive => ({
  section: "Service",
  key,
  value,
  because: { rule: "preset" },
});

const preset = [
  directive("NoNewPrivileges", "yes"),
  directive("ProtectSystem", "strict"),
  directive("SystemCallFilter", "@system-service @pkey"),
  directive("SystemCallFilter", "~@privileged @resources"),
  directive("SystemCallErrorNumber", "EPERM"),
  directive("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6 AF_NETLINK"),
  directive("UMask", "0077"),
  directive("ReadWritePaths", "/opt/demo/data"),
];

const quiet: TraceFacts = {
  calls: new Map(),
  families: [],
  reached: [],
  listened: [],
  written: [],
  ran: [],
  writesCode: null,
};

const given: Surroundings = {
  preset,
  trace: quiet,
  groups: new Map([
    ["@aio", ["io_setup"]],
    ["@memlock", ["mlock"]],
  ]),
  systemd: 252,
  ports: [],
  writable: ["/opt/demo/data"],
  programs: ["/usr/bin/node"],
};

const made = (change: Partial<Surroundings>) => makeCandidates({ ...given, ...change });
const ids = (change: Partial<Surroundings>) => made(change).candidates.map(({ id }) => id);

describe("what could be on", () => {
  test("the tightest choice is the preset and more, and its filter denies after it allows", () => {
    const { candidates } = made({});
    const all = settingsOf(candidates, new Map(laddersOf(candidates).map(({ id }) => [id, 0])));
    expect(all.map(([key, value]) => `${key}=${value}`)).toEqual([
      "NoNewPrivileges=yes",
      "ProtectSystem=strict",
      "SystemCallFilter=@system-service @pkey",
      "SystemCallFilter=~@privileged @resources",
      "SystemCallErrorNumber=EPERM",
      "RestrictAddressFamilies=AF_UNIX",
      "MemoryDenyWriteExecute=yes",
      "PrivateNetwork=yes",
      "NoExecPaths=-/dev/shm /tmp /var/tmp -/opt/demo/data",
      "SystemCallFilter=~@aio",
      "SystemCallFilter=~@keyring",
      "SystemCallFilter=~@memlock",
      "SystemCallFilter=~mq_open msgget semget shmget",
    ]);
    expect(fixedSettings(preset)).toEqual([
      ["UMask", "0077"],
      ["ReadWritePaths", "/opt/demo/data"],
    ]);
  });

  test("nothing of the network is taken from a program that nothing watched, or that has a port", () => {
    expect(ids({ trace: null })).not.toContain("PrivateNetwork");
    expect(ids({ ports: [80] })).not.toContain("PrivateNetwork");
    const reaches = made({ trace: { ...quiet, families: ["AF_INET"], reached: ["192.0.2.1:443"] } });
    expect(reaches.notTried).toContainEqual({ id: "IPAddressDeny", why: "it wanted to reach 192.0.2.1:443" });
    expect(ids({ trace: { ...quiet, families: ["AF_INET"] } })).toContain("IPAddressDeny");
  });

  test("a group of which a call was made is not denied, and a place from which something is run stays so", () => {
    const calls = new Map([["mlock", 3]]);
    const { notTried } = made({ trace: { ...quiet, calls } });
    expect(notTried).toContainEqual({ id: "SystemCallFilter=~@memlock", why: "it calls mlock" });
    const { candidates } = made({ programs: ["/opt/demo/data/plugin.so"] });
    const exec = candidates.find(({ id }) => id === "NoExecPaths")!;
    expect(exec.ways[0]!.settings).toEqual([["NoExecPaths", "-/dev/shm /tmp /var/tmp"]]);
    expect(exec.ways[0]!.why).toContain("/opt/demo/data/plugin.so");
  });

  test("a program that writes code is suspected, not assumed", () => {
    const { candidates } = made({ trace: { ...quiet, writesCode: "mprotect(PROT_EXEC)" } });
    expect(candidates.find(({ id }) => id === "MemoryDenyWriteExecute")!.suspect).toContain("mprotect");
  });
});

test("whatever a profile may set is part of the sandbox that doctor compares", () => {
  expect(profileKeys.filter((key) => !sandboxKeys.has(key))).toEqual([]);
});

describe("what is written down", () => {
  const { candidates, notTried } = made({});
  const tight = new Map(laddersOf(candidates).map(({ id }) => [id, 0]));

  test("only what differs from the preset, with the groups in one line", () => {
    const lines = describeLearned(candidates, notTried, { choice: tight, failures: [], probes: 1 });
    const { set, off } = profileOf(lines);
    expect(off).toEqual({});
    expect(Object.keys(set)).toEqual([
      "RestrictAddressFamilies",
      "MemoryDenyWriteExecute",
      "PrivateNetwork",
      "NoExecPaths",
      "SystemCallFilter",
    ]);
    expect(set["SystemCallFilter"]!.to).toBe("~@aio @keyring @memlock mq_open msgget semget shmget");
  });

  test("what is off and what is milder, with what broke", () => {
    const choice = new Map([
      ...tight,
      ["ProtectSystem", 2],
      ["SystemCallFilter", 1],
      ["RestrictAddressFamilies", 1],
    ]);
    const failures = [
      { id: "ProtectSystem", rung: 1, why: "EROFS", flaky: false },
      { id: "SystemCallFilter", rung: 0, why: "EPERM", flaky: false },
      { id: "RestrictAddressFamilies", rung: 0, why: "EAFNOSUPPORT", flaky: false },
    ];
    const lines = describeLearned(candidates, notTried, { choice, failures, probes: 9 });
    const { set, off } = profileOf(lines);
    expect(off).toEqual({ ProtectSystem: { why: "EROFS" } });
    expect(set["SystemCallFilter"]!.to).toEqual([
      "@system-service @pkey",
      "~@aio @keyring @memlock mq_open msgget semget shmget",
    ]);
    expect(set["SystemCallFilter"]!.why).toContain("EPERM");
    // The preset's own, so there is nothing to write down; that the tighter one broke is told.
    expect(set["RestrictAddressFamilies"]).toBeUndefined();
    expect(lines.find((one) => one.directive === "RestrictAddressFamilies")!.why).toContain("EAFNOSUPPORT");
  });
});
