import { expect } from "vitest";
import type { Properties, PropertyValue } from "../../src/host/host.ts";
import { unitName } from "../../src/value/unit-name.ts";
import { sharedHost, story } from "../story/story.ts";
import { systemdOf } from "./bus-of.ts";

const awkward = unitName("a\\x2db:c@d.service");

sharedHost({
  setUp: async ({ host }) => {
    const lines = ["MemoryMax=64M", "TasksMax=7", "Environment=A=1 'B=two words'", "Restart=on-failure"];
    const unit = `[Unit]\nAfter=dbus.service\n[Service]\n${lines.join("\n")}\nExecStart=/bin/sh -c "exec sleep infinity" "two words"\n`;
    await host.write(`/etc/systemd/system/a\\x2db:c@.service`, unit);
  },
});

story("values are those that systemctl shows", {}, async ({ host, run }) => {
  await using systemd = systemdOf(host);
  await systemd.reload();
  expect(await systemd.start(awkward)).toBe("done");
  const names = [awkward, "dbus.service", "dbus.socket", "system.slice", "multi-user.target", "init.scope"];
  let compared = 0;
  for (const name of names.map(unitName)) {
    const { stdout } = await run(["systemctl", "show", "--", name]);
    const shown = new Map(stdout.split("\n").map((line) => split(line)));
    for (const [key, value] of Object.entries(await systemd.allProperties(name))) {
      const text = asShown(key, value);
      if (text === null || !shown.has(key) || isOfTheMoment(key)) continue;
      expect.soft({ name, key, text: shown.get(key) }).toEqual({ name, key, text });
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(500);
});

story("few names, many names and all names give the same values", {}, async ({ host }) => {
  await using systemd = systemdOf(host);
  await systemd.start(awkward);
  const all = await systemd.allProperties(awkward);
  const names = Object.keys(all).filter((name) => !isOfTheMoment(name));
  const few: Record<string, PropertyValue> = {};
  for (let at = 0; at < names.length; at += 5) {
    Object.assign(few, await systemd.properties(awkward, names.slice(at, at + 5)));
  }
  expect(await systemd.properties(awkward, names)).toEqual(pick(all, names));
  expect(few).toEqual(pick(all, names));
});

story("structures are lists, and 64 bits are exact", {}, async ({ host }) => {
  await using systemd = systemdOf(host);
  const wanted = ["MemoryMax", "MemoryHigh", "TasksMax", "Environment", "ExecStart", "After", "LoadState"];
  for (const names of [wanted, wanted.slice(0, 5)]) {
    const found = await systemd.properties(awkward, names);
    expect(found).toMatchObject({ MemoryMax: 67108864n, MemoryHigh: 2n ** 64n - 1n, TasksMax: 7n });
    expect(found["Environment"]).toEqual(["A=1", "B=two words"]);
    const [command] = found["ExecStart"] as [unknown[]];
    const argv = ["/bin/sh", "-c", "exec sleep infinity", "two words"];
    expect(command.slice(0, 3)).toEqual(["/bin/sh", argv, false]);
  }
});

story("a name that this systemd does not know is left out", {}, async ({ host }) => {
  await using systemd = systemdOf(host);
  expect(await systemd.properties(awkward, ["LoadState", "Nonsense"])).toEqual({ LoadState: "loaded" });
  const many = ["Id", "Nonsense", "LoadState", "SubState", "Names", "Description", "After", "Following"];
  expect(Object.keys(await systemd.properties(awkward, many))).toEqual(
    many.filter((name) => name !== "Nonsense"),
  );
  const timer = unitName("systemd-tmpfiles-clean.timer");
  expect(await systemd.properties(timer, ["MainPID", "Unit"])).toEqual({
    Unit: "systemd-tmpfiles-clean.service",
  });
});

story("a unit that was never loaded, or does not exist, has a load state", {}, async ({ host }) => {
  await using systemd = systemdOf(host);
  const load = async (name: string): Promise<unknown> =>
    (await systemd.properties(unitName(name), ["LoadState"]))["LoadState"];
  expect(await load("no-such-thing.service")).toBe("not-found");
  expect(await load("a\\x2db:c@never-started.service")).toBe("loaded");
});

story("a thousand questions may be asked at once", {}, async ({ host }) => {
  await using systemd = systemdOf(host);
  const questions = Array.from({ length: 1000 }, () => systemd.properties(awkward, ["Id"]));
  for (const answer of await Promise.all(questions)) expect(answer).toEqual({ Id: awkward });
});

story("the manager tells its version, and units are listed by pattern", {}, async ({ host, run }) => {
  await using systemd = systemdOf(host);
  const { stdout } = await run("systemctl show --property=Version --value");
  expect(await systemd.version()).toBe(stdout.trim());
  expect(await systemd.managerProperties(["SystemState", "Nonsense"])).toEqual({ SystemState: "running" });
  expect(await systemd.listUnits(["dbus.s*", "nonsense*"])).toEqual(
    expect.arrayContaining([
      { name: "dbus.service", load: "loaded", active: "active", sub: "running" },
      { name: "dbus.socket", load: "loaded", active: "active", sub: "running" },
    ]),
  );
});

function pick(properties: Properties, names: readonly string[]): Properties {
  return Object.fromEntries(names.map((name) => [name, properties[name]!]));
}

function split(line: string): [string, string] {
  return [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)];
}

/** Measured anew at each question. */
function isOfTheMoment(name: string): boolean {
  return /^(CPUUsage|Memory(Current|Available)|TasksCurrent|IO|IP|NAccepted|EffectiveM|Refs$)/.test(name);
}

const infinity = 2n ** 64n - 1n;

/** The text that systemctl(1) makes of plain values; null for those that it rewrites: times, structures and modes. */
function asShown(name: string, value: PropertyValue): string | null {
  if (
    /Timestamp|USec|Sec$|NSec|Mode$|Mask$|CapabilityBoundingSet|AmbientCapabilities|CoredumpFilter|NUMAPolicy/.test(
      name,
    )
  )
    return null;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  if (typeof value === "number") return value === 2 ** 32 - 1 ? null : String(value);
  if (typeof value === "bigint") return value === infinity ? null : String(value);
  return null;
}
