import { describe, expect, test } from "vitest";
import { compareProperties } from "./compare-properties.ts";
import { explain } from "./explanations.ts";

const command = (path: string, at: bigint) => [path, [path, "-v"], false, at, at, at, at, 7, 1, 0];

describe("compareProperties", () => {
  test("leaves out what tells of one moment, and counts the rest", () => {
    const before = { MainPID: 1, ActiveEnterTimestamp: 5n, InvocationID: [1], Restart: "no", User: "bot" };
    const after = { MainPID: 2, ActiveEnterTimestamp: 9n, InvocationID: [2], Restart: "no", User: "bot" };
    expect(compareProperties(before, after)).toEqual({ compared: 2, changes: [] });
  });

  test("compares commands without when they last ran, timers without when they come next, conditions without their result", () => {
    const before = {
      ExecStart: [command("/bin/bot", 1n)],
      TimersCalendar: [["OnCalendar", "daily", 1n]],
      Conditions: [["ConditionPathExists", false, false, "/x", 0]],
    };
    const after = {
      ExecStart: [command("/bin/bot", 2n)],
      TimersCalendar: [["OnCalendar", "daily", 2n]],
      Conditions: [["ConditionPathExists", false, false, "/x", 1]],
    };
    expect(compareProperties(before, after).changes).toEqual([]);
    const other = compareProperties(before, { ...after, ExecStart: [command("/bin/other", 2n)] });
    expect(other.changes.map(({ property }) => property)).toEqual(["ExecStart"]);
  });

  test("takes relations and paths as sets, and commands and variables as lists", () => {
    const relations = compareProperties(
      { After: ["a.service", "b.service"], ReadWritePaths: ["/a", "/a"] },
      { After: ["b.service", "a.service"], ReadWritePaths: ["/a"] },
    );
    expect(relations.changes).toEqual([]);
    expect(
      compareProperties({ Environment: ["A=1", "A=2"] }, { Environment: ["A=2", "A=1"] }).changes,
    ).toHaveLength(1);
  });

  test("says what came into a list and what went", () => {
    const { changes } = compareProperties({ After: ["a.service"] }, { After: ["b.service"] });
    expect(changes).toMatchObject([{ property: "After", added: ["b.service"], removed: ["a.service"] }]);
  });

  test("a property that only one of them has is another value", () => {
    expect(compareProperties({}, { Nice: 5 }).changes).toMatchObject([{ property: "Nice", after: 5 }]);
  });
});

describe("explain", () => {
  const whyOf = (before: object, after: object, onFailure: readonly string[] = []): (string | null)[] =>
    compareProperties(before as never, after as never).changes.map((one) =>
      explain(one, { app: "bot", unit: "bot.service", onFailure, zone: "Europe/Berlin" }),
    );

  test("says why a file stands elsewhere, and that drop-ins are part of it", () => {
    expect(
      whyOf(
        { FragmentPath: "/lib/systemd/system/bot.service", DropInPaths: ["/etc/x.conf"] },
        { FragmentPath: "/etc/systemd/system/bot.service", DropInPaths: [] },
      ),
    ).not.toContain(null);
  });

  test("explains the recorder of a give-up, and refuses an OnFailure= that is lost", () => {
    const recorder = "bot-give-up@bot.service";
    expect(whyOf({ OnFailure: ["mail.service"] }, { OnFailure: ["mail.service", recorder] })).toEqual([
      "Holdfast records when it gives up",
    ]);
    expect(whyOf({ OnFailure: ["mail.service"] }, { OnFailure: [recorder] })).toEqual([null]);
  });

  test("explains the mode of restarts only where nobody is told of every crash", () => {
    const change = [{ RestartMode: "normal" }, { RestartMode: "direct" }] as const;
    expect(whyOf(...change)).not.toContain(null);
    expect(whyOf(...change, ["mail.service"])).toEqual([null]);
  });

  test("explains what a job gets, and a time zone that is written out, and no other time or command", () => {
    const gate = ["/usr/bin/env", ["/usr/bin/env -i /usr/bin/holdfast gate bot report"], false];
    expect(whyOf({ ExecCondition: [] }, { ExecCondition: [[...gate, ...Array(7).fill(0)]] })).not.toContain(
      null,
    );
    expect(
      whyOf(
        { ExecCondition: [] },
        { ExecCondition: [["/bin/true", ["/bin/true"], false, ...Array(7).fill(0)]] },
      ),
    ).toEqual([null]);
    const at = (time: string) => ({ TimersCalendar: [["OnCalendar", time, 0n]] });
    expect(whyOf(at("*-*-* 03:00:00"), at("*-*-* 03:00:00 Europe/Berlin"))).not.toContain(null);
    expect(whyOf(at("*-*-* 03:00:00"), at("*-*-* 04:00:00 Europe/Berlin"))).toEqual([null]);
    expect(whyOf(at("*-*-* 03:00:00"), at("*-*-* 03:00:00 UTC"))).toEqual([null]);
  });

  test("explains the slice of the application, and no other", () => {
    const inOwn = whyOf(
      { Slice: "system.slice", After: ["system.slice", "a.target"] },
      { Slice: "bot.slice", After: ["bot.slice", "a.target"] },
    );
    expect(inOwn).not.toContain(null);
    expect(whyOf({ Slice: "system.slice" }, { Slice: "other.slice" })).toEqual([null]);
    expect(whyOf({ After: ["system.slice"] }, { After: [] })).toEqual([null]);
  });

  test("refuses what does something else", () => {
    expect(whyOf({ Restart: "always" }, { Restart: "on-failure" })).toEqual([null]);
    expect(whyOf({ DropInPaths: [] }, { DropInPaths: ["/etc/x.conf"] })).toEqual([null]);
  });
});
