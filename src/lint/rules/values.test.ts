import { describe, expect, test } from "vitest";
import { editUnit } from "../../unit/edit-unit.ts";
import { lintExample } from "../test-example.ts";
import { sizeAndTimeRules } from "./sizes-and-times.ts";
import { valueListRules } from "./value-lists.ts";
import { valueRules } from "./values.ts";

const rules = [...valueRules, ...valueListRules, ...sizeAndTimeRules];

function lint(line: string, systemd = 252) {
  return lintExample(
    { units: { "bot.service": `[Service]\nExecStart=/usr/bin/bot\n${line}\n` }, systemd },
    rules,
  );
}

describe("what was meant is written where nothing else can be", () => {
  test.each([
    ["MemoryMax=512MB", "MemoryMax=512M"],
    ["MemoryMax=2 GiB", "MemoryMax=2G"],
    ["MemoryHigh=512m", "MemoryHigh=512M"],
    ["LimitNOFILE=unlimited", "LimitNOFILE=infinity"],
    ["Restart=Always", "Restart=always"],
    ["KillSignal=sigint", "KillSignal=SIGINT"],
    ['PrivateTmp="yes"', "PrivateTmp=yes"],
    ["RestrictAddressFamilies=AF_INET,AF_INET6", "RestrictAddressFamilies=AF_INET AF_INET6"],
    ["RestrictAddressFamilies=inet af_unix", "RestrictAddressFamilies=AF_INET af_unix"],
  ])("%s", (line, expected) => {
    const [one] = lint(line);
    expect(editUnit(one!.file, one!.edits!).text).toContain(`\n${expected}\n`);
  });
});

describe("what may have been meant is only told", () => {
  test.each([
    ["CPUQuota=2", "write CPUQuota=200%"],
    ["CPUQuota=50", "write CPUQuota=50%"],
    ["Restart=on_failure", "write Restart=on-failure"],
    ["Type=notfy", "write Type=notify"],
    ["LimitNOFILE=max", "write LimitNOFILE=infinity"],
    ["RestrictAddressFamilies=AF_IPV6", "write AF_INET6"],
  ])("%s", (line, fix) => {
    const [one] = lint(line);
    expect(one).toMatchObject({ fix, level: "will-not-do-what-it-says" });
    expect(one!.edits).toBeUndefined();
  });
});

test("what is lost is said", () => {
  expect(lint("MemoryMax=plenty")[0]!.happens).toContain("no limit");
  expect(lint("Restart=maybe")[0]!.happens).toContain("never restarted");
  expect(lint("DynamicUser=maybe")[0]!.level).toBe("will-not-start");
});

test("a word that a newer systemd knows is a matter of the host", () => {
  expect(lint("Type=notify-reload")[0]!.says).toBe("systemd 252 does not know Type=notify-reload yet");
  expect(lint("Type=notify-reload", 257)).toEqual([]);
});

test("numbers without a unit", () => {
  const says = (line: string) => lint(line).map((one) => `${one.level}: ${one.says}`);
  expect(says("MemoryMax=512")).toEqual(["will-not-start: MemoryMax=512 is 512 bytes"]);
  expect(says("LimitAS=4096")).toEqual(["risky: LimitAS=4096 is 4096 bytes"]);
  expect(says("MemoryMax=536870912")).toEqual([]);
  expect(says("WatchdogSec=30000")).toEqual(["will-not-do-what-it-says: WatchdogSec=30000 is 8 h 20 min"]);
  expect(says("TimeoutStopSec=36000")).toEqual(["risky: TimeoutStopSec=36000 is 10 h"]);
  expect(says("RestartSec=90")).toEqual([]);
  expect(says("RuntimeMaxSec=86400")).toEqual([]);
});
