import { describe, expect, test } from "vitest";
import type { Directive } from "../compile/artifact.ts";
import { parseUnit } from "../unit/parse-unit.ts";
import { Settings } from "../unit/settings.ts";
import { effectiveChanges, type InForce } from "./effective-changes.ts";
import { effectOf } from "./effect.ts";

const read = (text: string): Settings => new Settings([parseUnit("/etc/systemd/system/bot.service", text)]);

const written = (text: string): Directive[] => {
  const settings = read(text);
  return settings.written.map(({ section, key, value }) => ({
    section: section!,
    key,
    value,
    because: { rule: "test" },
  }));
};

const changed = (was: string, is: string, systemd: InForce | null = null): string[] =>
  effectiveChanges(read(was), written(is), systemd).map(({ key }) => key);

const minute = 60_000_000n;
const inForce: InForce = {
  inForce: {
    KillMode: "control-group",
    RestartUSec: 5_000_000n,
    Slice: "system.slice",
    Nice: 0,
    OOMScoreAdjust: 0,
  },
  defaults: {
    KillMode: "control-group",
    RestartUSec: 100_000n,
    TimeoutStopUSec: minute,
    Nice: 0,
    OOMScoreAdjust: 0,
  },
};

describe("what would be in force otherwise", () => {
  test("is nothing where the same stands in another spelling, order or number of lines", () => {
    expect(
      changed(
        '[Unit]\nAfter=a.target b.target\n[Service]\nExecStart=/bin/bot "--live"\nPrivateTmp=true\nEnvironment=A=1 "B=2 3"\n',
        "[Unit]\nAfter=b.target\nAfter=a.target\n[Service]\nExecStart=/bin/bot --live\nPrivateTmp=yes\nEnvironment=A=1\nEnvironment='B=2 3'\n",
      ),
    ).toEqual([]);
  });

  test("is nothing where a line was taken back by an empty one, and nothing of [Install] and sections of others", () => {
    expect(
      changed(
        "[Service]\nEnvironment=A=1\nEnvironment=\n[Install]\nWantedBy=default.target\n[X-Other]\nKey=1\n",
        "[Service]\n",
      ),
    ).toEqual([]);
  });

  test("is nothing where systemd has the value already, written or not", () => {
    expect(
      changed("[Service]\nRestartSec=5\n", "[Service]\nRestartSec=5s\nKillMode=control-group\n", inForce),
    ).toEqual([]);
  });

  test("is nothing where what goes is what systemd gives to a unit that says nothing", () => {
    expect(changed("[Service]\nKillMode=control-group\nOOMScoreAdjust=0\n", "[Service]\n", inForce)).toEqual(
      [],
    );
    expect(changed("[Service]\nRestartSec=5\n", "[Service]\n", inForce)).toEqual(["RestartSec"]);
  });

  test("is a value that differs, a command with another word, and another slice, which need a restart", () => {
    const was = "[Service]\nExecStart=/bin/bot --live\nNice=0\n";
    const changes = effectiveChanges(
      read(was),
      written("[Service]\nExecStart=/bin/bot --dry\nSlice=bot.slice\nNice=0\n"),
      inForce,
    );
    expect(changes.map(({ key }) => key)).toEqual(["ExecStart", "Slice"]);
    expect(effectOf(changes)).toBe("restart");
  });

  test("is compared by text alone where systemd has not read the files, and then a default written out counts", () => {
    expect(changed("[Service]\n", "[Service]\nKillMode=control-group\n")).toEqual(["KillMode"]);
  });

  test("shows no secret of the other's file", () => {
    const changes = effectiveChanges(
      read(
        "[Service]\nEnvironment=API_TOKEN=hunter2hunter2\nExecStart=/bin/bot --password swordfish9\nSetCredential=key:swordfish9\n",
      ),
      written("[Service]\nExecStart=/bin/bot\n"),
      null,
    );
    expect(changes.map(({ key }) => key)).toEqual(["Environment", "ExecStart", "SetCredential"]);
    expect(JSON.stringify(changes)).not.toMatch(/hunter2|swordfish9/);
  });
});
