import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newCheckState, type CheckState } from "./check-state.ts";
import type { JudgeAt } from "./judge-at.ts";
import { calmAfter, judge, recoveryDelay, type JudgeEvent } from "./judge.ts";
import type { Result } from "./reading.ts";
import { checkRule, hour, looks, minute, noon, said, second, throughJson } from "./test-rules.ts";

const longAgo = noon - 24 * hour;
const at = (now: number, rest: Partial<JudgeAt> = {}): JudgeAt => ({
  now,
  activeSince: longAgo,
  grace: 30 * second,
  clockSetAt: null,
  ...rest,
});

const words: Readonly<Record<string, Result>> = { o: "ok", f: "fail", u: "unknown", s: "skipped" };

/** "ffo" as results, one every 15 s. */
function feed(
  rule: Parameters<typeof judge>[0],
  results: string,
  every = 15 * second,
  from = newCheckState(noon),
) {
  let state = from;
  const events: (JudgeEvent & { n: number })[] = [];
  for (const [n, letter] of results.split("").entries()) {
    const judged = judge(rule, state, said(words[letter]!), at(noon + n * every));
    state = judged.state;
    events.push(...judged.events.map((event) => ({ ...event, n })));
  }
  return { state, events, kinds: events.map(({ kind, n }) => `${kind} ${n}`).join(", ") };
}

const http = (count: number, of = count) => checkRule("http", looks.http, { fails: { count, of } });

describe("a failure opens", () => {
  test.each([
    ["three in a row", http(3), "offf", "opened 3"],
    ["two are not three", http(3), "ffofo", ""],
    ["what is skipped does not count", http(3), "fsfssf", "opened 5"],
    ["what is unknown is neither, and breaks a row", http(3), "ffuff", ""],
    ["4 of 6: what comes and goes is never three in a row", http(4, 6), "ffoffo", "opened 4"],
    ["three in a row does not see that", http(3), "ffoffoffoffo", ""],
    ["1-0-1-0 makes 3 of 6", http(3, 6), "fofofo", "opened 4"],
    ["and 4 of 8", http(4, 8), "fofofofo", "opened 6"],
    ["one is enough where the limit has its time in it", http(1), "of", "opened 1"],
    ["a good result opens nothing, whatever went before", http(2, 4), "foo", ""],
  ])("%s", (_, rule, results, expected) => {
    expect(feed(rule, results).kinds).toBe(expected);
  });

  test("only once, however long it lasts", () => {
    expect(feed(http(3), "f".repeat(500)).kinds).toBe("opened 2");
  });
});

describe("a failure ends by evidence", () => {
  test("two good results and a minute from the first of them", () => {
    // Good from the 4th look on, at 45 s; a minute later it is the 8th.
    expect(feed(http(3), "fffoooooo").kinds).toBe("opened 2, recovered 7");
  });

  test("two looks far apart are enough, one is not", () => {
    expect(feed(http(3), "fffoo", 5 * minute).kinds).toBe("opened 2, recovered 4");
    expect(feed(http(3), "fffo", 5 * minute).state.verdict).toBe("failing");
  });

  test("even while the failures before are still in the window", () => {
    expect(feed(http(2, 4), "ffoo", 5 * minute).kinds).toBe("opened 1, recovered 3");
  });

  test("a bad one between begins it anew; skipped and unknown ones end nothing", () => {
    expect(feed(http(3), "fffooofooo").state.verdict).toBe("failing");
    expect(feed(http(3), `fffo${"s".repeat(20)}`).state.verdict).toBe("failing");
    expect(feed(http(3), `fff${"u".repeat(100)}`).kinds).toBe("opened 2");
  });

  test("each re-opening within the hour takes half as long again, half an hour at the most", () => {
    const opened = (times: number): CheckState => ({
      ...newCheckState(noon),
      opened: Array.from({ length: times }, (_, n) => noon - n * second),
    });
    const delays = [0, 1, 2, 3, 5, 30].map((times) => recoveryDelay(opened(times), noon) / second);
    expect(delays).toEqual([60, 60, 90, 135, 303.75, 1800]);
    expect(recoveryDelay(opened(3), noon + hour)).toBe(minute);
  });

  // Without an ok after the last fail there is no recovery, and none within a minute of it.
  test("whatever comes in", () => {
    const results = fc
      .array(fc.constantFrom("o", "f", "u", "s"), { maxLength: 120 })
      .map((list) => list.join(""));
    fc.assert(
      fc.property(results, fc.integer({ min: 1, max: 4 }), (list, count) => {
        const { events } = feed(http(count), list);
        for (const { kind, n, from } of events) {
          if (kind !== "recovered") continue;
          const row = list.slice(0, n + 1).replaceAll("s", "");
          expect(row.endsWith("oo")).toBe(true);
          const good = /o+s*(?:[os]*)$/.exec(list.slice(0, n + 1))![0];
          expect(good.length * 15).toBeGreaterThan(60);
          expect(["failing", "unknown"]).toContain(from);
        }
      }),
    );
  });
});

describe("unknown", () => {
  test("for ten minutes is a verdict of its own, once", () => {
    expect(feed(http(3), `o${"u".repeat(60)}`).kinds).toBe("unknown 41");
    expect(feed(http(3), "u".repeat(60)).kinds).toBe("unknown 40");
  });

  test("never fails", () => {
    const results = fc.array(fc.constantFrom("o", "u", "s"), { maxLength: 200 }).map((list) => list.join(""));
    fc.assert(
      fc.property(results, (list) => {
        expect(feed(http(1), list).kinds).not.toContain("opened");
      }),
    );
  });

  test("with failures between that make no failure, it is still never told", () => {
    expect(feed(http(3), "uf".repeat(40)).kinds).toBe("unknown 40");
  });

  test("ends by good results over a minute", () => {
    expect(feed(http(3), `${"u".repeat(41)}oooooo`).kinds).toBe("unknown 40, recovered 45");
  });
});

describe("flapping", () => {
  // Fails for one look, is good for five minutes, and so on.
  const cycle = `f${"o".repeat(20)}`;

  test("the third opening within an hour", () => {
    const { events, state } = feed(http(1), cycle.repeat(3));
    expect(events.filter(({ kind }) => kind === "flapping").map(({ n, opened }) => [n, opened])).toEqual([
      [42, 3],
    ]);
    expect(state.flapping).toBe(true);
  });

  test("is over after half an hour of good results, and said once", () => {
    const { kinds, state } = feed(http(1), `${cycle.repeat(3)}${"o".repeat(200)}`);
    expect(kinds.match(/flapping|calm/g)).toEqual(["flapping", "calm"]);
    expect(state.flapping).toBe(false);
  });

  test("or after twice the median time between openings", () => {
    expect(calmAfter([0, 5 * minute, 10 * minute])).toBe(30 * minute);
    expect(calmAfter([0, 25 * minute, 50 * minute])).toBe(50 * minute);
    expect(calmAfter([])).toBe(30 * minute);
  });

  test("openings further apart are none", () => {
    expect(feed(http(1), `f${"o".repeat(140)}`.repeat(6)).kinds).not.toContain("flapping");
  });
});

describe("a start", () => {
  const beat = checkRule("beat", looks.beat);
  const log = checkRule("log", looks.log);
  const after = (rule: typeof beat, millis: number, rest: Partial<JudgeAt> = {}) =>
    judge(rule, newCheckState(noon), said("fail"), at(noon + millis, { activeSince: noon, ...rest }));

  test.each([
    ["within the grace", http(1), 29 * second, "skipped"],
    ["after it", http(1), 30 * second, "fail"],
    ["silence can be told after its own time only", log, 4 * minute, "skipped"],
    ["from then on", log, 5 * minute, "fail"],
    [
      "what it depends on may fail at once",
      checkRule("rpc", looks.http, { dependency: "rpc" }),
      second,
      "fail",
    ],
    ["so may the disk", checkRule("disk", looks.disk), second, "fail"],
  ])("%s", (_, rule, millis, expected) => {
    const { state, events } = after(rule, millis);
    expect(state.last!.result).toBe(expected);
    expect(events.length).toBe(expected === "fail" ? 1 : 0);
  });

  test("says that it is starting, what was found, and when to look again", () => {
    expect(after(beat, 10 * second).state.last).toMatchObject({
      says: "started 10 s ago: it is bad",
      dueAt: noon + 30 * second,
    });
  });

  test("begins the tally anew: what the run before did is not held against this one", () => {
    const rule = http(3);
    const { state } = feed(rule, "off");
    const started = at(noon + 200 * second, { activeSince: noon + 60 * second });
    expect(judge(rule, state, said("fail"), started).state).toMatchObject({
      verdict: "ok",
      window: ["fail"],
    });
  });

  // A clear needs evidence of health, never our own restart.
  test("that it is not late yet shows nothing", () => {
    const young = (value: number, now: number) =>
      judge(
        beat,
        feed(beat, "of").state,
        said("ok", { value, limit: 30 }),
        at(now, { activeSince: noon + minute }),
      ).state;
    const now = noon + minute + 10 * second;
    expect(young(10, now)).toMatchObject({ verdict: "failing", last: { result: "skipped" } });
    expect(young(3, now)).toMatchObject({ verdict: "failing", okSince: now, last: { result: "ok" } });
  });

  test("hours that have just begun, too: the last line is from yesterday", () => {
    const opened = (now: number) => at(now, { openSince: noon });
    expect(judge(log, newCheckState(noon), said("fail"), opened(noon + second)).events).toEqual([]);
    expect(judge(log, newCheckState(noon), said("fail"), opened(noon + 5 * minute)).events).toHaveLength(1);
  });
});

describe("clocks that jump", () => {
  const log = checkRule("log", looks.log);
  const seen = feed(log, "oooo").state;
  const kindsAt = (now: number, rest: Partial<JudgeAt> = {}, state = seen) =>
    judge(log, state, said("fail"), at(now, rest)).events.map(({ kind }) => kind);

  test("back: silence counts from now on, and the tally begins anew", () => {
    expect(kindsAt(noon - hour)).toEqual([]);
    const { state } = judge(log, seen, said("fail"), at(noon - hour));
    expect(state).toMatchObject({ window: [], steadySince: noon - hour, verdict: "ok" });
    expect(kindsAt(noon - hour + 4 * minute, {}, state)).toEqual([]);
    expect(kindsAt(noon - hour + 5 * minute, {}, state)).toEqual(["opened"]);
  });

  test("forward, as the agent has seen it: the same", () => {
    const now = noon + 6 * hour;
    expect(kindsAt(now, { clockSetAt: now - second })).toEqual([]);
    expect(kindsAt(now, { clockSetAt: now - second - 5 * minute })).toEqual(["opened"]);
  });

  test("what was counted before is not added to what comes after", () => {
    const { state } = feed(http(3), "off");
    const later = at(noon + hour, { clockSetAt: noon + hour - second });
    expect(judge(http(3), state, said("fail"), later).state).toMatchObject({
      verdict: "ok",
      window: ["fail"],
    });
  });

  test("forward, with nobody to know: a long time without a look is taken for one", () => {
    const { clockSetAt: _, ...unknown } = at(noon + 6 * hour);
    expect(judge(log, seen, said("fail"), unknown).events).toEqual([]);
    expect(judge(log, seen, said("fail"), { ...unknown, now: noon + 6 * minute }).events).toHaveLength(1);
  });

  test("two looks that end out of order are no jump", () => {
    const { state } = judge(log, seen, said("ok"), at(seen.lastAt! - second));
    expect(state).toMatchObject({ steadySince: null, window: ["ok", "ok"] });
  });

  const jumps = fc.array(
    fc.record({
      by: fc.integer({ min: -3 * hour, max: 3 * hour }).filter((by) => Math.abs(by) > 2 * second),
      looks: fc.integer({ min: 1, max: 15 }),
    }),
    { maxLength: 12 },
  );

  // The program writes a line at every look, stamped by the clock of that moment.
  test("never make a false failure, nor does any of it grow", () => {
    fc.assert(
      fc.property(jumps, (list) => {
        let [now, state, newest] = [noon, newCheckState(noon), noon];
        for (const { by, looks: many } of list) {
          now += by;
          const clockSetAt = now;
          for (let n = 0; n < many; n++) {
            const silent = now - newest > 5 * minute;
            const judged = judge(
              log,
              state,
              said(silent ? "fail" : "ok", { value: 0 }),
              at(now, { clockSetAt }),
            );
            expect(judged.events).toEqual([]);
            state = throughJson(judged.state);
            newest = now;
            now += 15 * second;
          }
        }
        expect(JSON.stringify(state).length).toBeLessThan(1000);
      }),
    );
  });
});

test("state stays small, and is the same after being written and read", () => {
  const results = fc.array(fc.constantFrom(...Object.values(words)), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(results, fc.integer({ min: 1, max: 400 }), (list, seconds) => {
      const rule = http(4, 6);
      let [kept, read] = [newCheckState(noon), newCheckState(noon)];
      for (const [n, result] of list.entries()) {
        const when = at(noon + n * seconds * second);
        kept = judge(rule, kept, said(result), when).state;
        read = throughJson(judge(rule, throughJson(read), said(result), when).state);
        expect(kept.window.length).toBeLessThanOrEqual(6);
        expect(kept.opened.length).toBeLessThanOrEqual(64);
      }
      expect(read).toEqual(kept);
    }),
  );
});
