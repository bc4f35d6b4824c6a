import { expect } from "vitest";
import type { NamespaceHost } from "../../src/host/throwaway/throwaway.ts";
import { unitName, type UnitName } from "../../src/value/unit-name.ts";
import { sharedHost, story, waitUntil } from "../story/story.ts";
import { systemdOf, troubleOf } from "./bus-of.ts";

const services = {
  "quick.service": "Type=oneshot\nExecStart=/bin/sh -c 'sleep 0.3; touch /run/quick-is-done'",
  "failing.service": "Type=oneshot\nExecStart=/bin/false",
  "waiting.service": "Type=oneshot\nExecStart=/bin/sleep 600",
  "second.service": "Type=oneshot\nExecStart=/bin/sleep 4",
  "needy.service":
    "Type=oneshot\nExecStart=/bin/true\n[Unit]\nRequires=failing.service\nAfter=failing.service",
  "steady.service": "ExecStart=/bin/sleep infinity\nExecReload=/bin/touch /run/reloaded",
  "deaf.service": "ExecStart=/bin/sleep infinity",
  "bad.service": "Type=oneshot",
  "many@.service": "Type=oneshot\nExecStart=/bin/sleep 0.%i\nRemainAfterExit=yes",
  "crashing.service":
    "Type=oneshot\nExecStart=/bin/false\n[Unit]\nStartLimitBurst=1\nStartLimitIntervalSec=1h",
  "enabled.service": "ExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target",
};

sharedHost({
  setUp: async ({ host }) => {
    for (const [name, lines] of Object.entries(services)) {
      await host.write(`/etc/systemd/system/${name}`, `[Service]\n${lines}\n`);
    }
    await using systemd = systemdOf(host);
    await systemd.reload();
  },
});

const unit = (name: keyof typeof services | "unknown.service"): UnitName => unitName(name);
const property = async (host: NamespaceHost, name: UnitName, wanted: string): Promise<unknown> => {
  await using systemd = systemdOf(host);
  return (await systemd.properties(name, [wanted]))[wanted];
};

story("a start answers when the job is done, and not before", {}, async ({ host }) => {
  await using systemd = systemdOf(host);
  expect(await systemd.start(unit("quick.service"))).toBe("done");
  expect(await host.exists("/run/quick-is-done")).toBe(true);
});

story(
  "a start of a failing unit answers failed, and its dependent answers dependency",
  {},
  async ({ host }) => {
    await using systemd = systemdOf(host);
    expect(await systemd.start(unit("failing.service"))).toBe("failed");
    expect(await systemd.start(unit("needy.service"))).toBe("dependency");
  },
);

story("two restarts of one unit, which systemd makes one job, both answer", {}, async ({ host }) => {
  await using systemd = systemdOf(host);
  const restart = (): Promise<string> => systemd.restart(unit("quick.service"));
  expect(await Promise.all([restart(), restart()])).toEqual(["done", "done"]);
});

story("thirty starts at once answer each for its own unit", {}, async ({ host }) => {
  await using systemd = systemdOf(host);
  const names = Array.from({ length: 30 }, (_, index) => unitName(`many@${index + 1}.service`));
  const results = await Promise.all([
    ...names.map((name) => systemd.start(name)),
    systemd.start(unit("failing.service")),
  ]);
  expect(results).toEqual([...names.map(() => "done"), "failed"]);
  const units = await systemd.listUnits(["many@*.service"]);
  expect(units.map(({ active }) => active)).toEqual(names.map(() => "active"));
});

story("a job that ends at once is not waited for for ever", {}, async ({ host }) => {
  await using systemd = systemdOf(host);
  await systemd.start(unit("steady.service"));
  for (let round = 0; round < 100; round++) {
    expect(await systemd.start(unit("steady.service"), { timeout: 60_000 })).toBe("done");
  }
});

story("a stop cancels the start that it overtakes", {}, async ({ host }) => {
  await using systemd = systemdOf(host);
  const start = systemd.start(unit("waiting.service"));
  await waitUntil("it is starting", () => property(host, unit("waiting.service"), "ActiveState"), {
    accept: (state) => state === "activating",
  });
  expect(await systemd.stop(unit("waiting.service"))).toBe("done");
  expect(await start).toBe("canceled");
});

story("a job that takes longer than we wait is named and left to systemd", {}, async ({ host }) => {
  await using systemd = systemdOf(host);
  const trouble = await troubleOf(systemd.start(unit("waiting.service"), { timeout: 2000 }));
  expect(trouble).toMatchObject({ code: "host/job-too-long", exitCode: 1 });
  expect(trouble.summary).toMatch(/^Cannot start waiting\.service: its job has not ended after/);
  expect(await property(host, unit("waiting.service"), "ActiveState")).toBe("activating");
  await systemd.stop(unit("waiting.service"));
});

story("a job is followed through a reload and a re-execution of systemd", {}, async ({ host, run }) => {
  await using systemd = systemdOf(host);
  const start = systemd.start(unit("second.service"), { timeout: 120_000 });
  await waitUntil("it is starting", () => property(host, unit("second.service"), "ActiveState"), {
    accept: (state) => state === "activating",
  });
  await systemd.reload();
  await run("systemctl daemon-reexec").succeeds();
  expect(await start).toBe("done");
  expect(await systemd.start(unit("failing.service"))).toBe("failed");
});

story("restart gives a new process, reload keeps it, kill ends it", {}, async ({ host }) => {
  await using systemd = systemdOf(host);
  const name = unit("steady.service");
  await systemd.start(name);
  const first = await property(host, name, "MainPID");
  expect(await systemd.restart(name)).toBe("done");
  const second = await property(host, name, "MainPID");
  expect(second).not.toBe(first);
  expect(await systemd.reloadUnit(name)).toBe("done");
  expect(await host.exists("/run/reloaded")).toBe(true);
  expect(await property(host, name, "MainPID")).toBe(second);
  await systemd.kill(name, 9, "main");
  await waitUntil("it has failed", () => property(host, name, "Result"), {
    accept: (result) => result === "signal",
  });
});

story(
  "a failed state and the start limit are reset, also of a unit that is not loaded",
  {},
  async ({ host }) => {
    await using systemd = systemdOf(host);
    const name = unit("crashing.service");
    const lastRun = (): Promise<unknown> => property(host, name, "ExecMainStartTimestampMonotonic");
    expect(await systemd.start(name)).toBe("failed");
    const first = await lastRun();
    expect(await systemd.start(name)).toBe("failed");
    expect(await lastRun()).toBe(first);
    await systemd.resetFailed(name);
    expect(await property(host, name, "ActiveState")).toBe("inactive");
    expect(await systemd.start(name)).toBe("failed");
    expect(await lastRun()).not.toBe(first);
    await systemd.resetFailed(unit("unknown.service"));
  },
);

story("enable and disable answer with the links they made and removed", {}, async ({ host }) => {
  await using systemd = systemdOf(host);
  const name = unit("enabled.service");
  const path = "/etc/systemd/system/multi-user.target.wants/enabled.service";
  const target = "/etc/systemd/system/enabled.service";
  expect(await systemd.unitFileState(name)).toBe("disabled");
  expect(await systemd.enable(name)).toEqual([{ type: "symlink", path, target }]);
  expect(await systemd.enable(name)).toEqual([]);
  expect(await systemd.unitFileState(name)).toBe("enabled");
  expect(await systemd.disable(name)).toEqual([{ type: "unlink", path, target: "" }]);
  expect(await systemd.unitFileState(name)).toBe("disabled");
  expect(await systemd.unitFileState(unit("failing.service"))).toBe("static");
  expect(await systemd.unitFileState(unit("unknown.service"))).toBe("");
});

story("what systemd refuses is said in its own words", {}, async ({ host, run }) => {
  await using systemd = systemdOf(host);
  expect(await troubleOf(systemd.start(unit("unknown.service")))).toMatchObject({
    code: "host/no-such-unit",
    summary: "Cannot start unknown.service: Unit unknown.service not found",
    exitCode: 1,
  });
  expect(await troubleOf(systemd.enable(unit("unknown.service")))).toMatchObject({
    code: "host/no-such-unit",
  });
  expect(await troubleOf(systemd.start(unit("bad.service")))).toMatchObject({ code: "host/bad-unit" });
  await systemd.start(unit("deaf.service"));
  expect(await troubleOf(systemd.reloadUnit(unit("deaf.service")))).toMatchObject({
    code: "host/not-applicable",
  });
  await run("ln -sf /dev/null /run/systemd/system/unknown.service").succeeds();
  await systemd.reload();
  expect(await troubleOf(systemd.start(unit("unknown.service")))).toMatchObject({ code: "host/unit-masked" });
});
