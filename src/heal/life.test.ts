import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkRule, hour, looks, minute, second, watchRule } from "./test-rules.ts";
import { Life, type Fate } from "./test-life.ts";

const beat = checkRule("beat", looks.beat);
const log = checkRule("log", looks.log);
const broker = checkRule("broker-port", looks.tcp, {
  dependency: "broker",
  every: 40 * second,
  fails: { count: 3, of: 3 },
});
const bot = watchRule([beat, log, broker]);

const freezes = (...minutes: number[]): Fate[] =>
  minutes.map((at) => ({ at: at * minute + 7321, what: "freeze" }));

/** Time from each freeze to what was done about it. */
function delays(life: Life, what: string): number[] {
  const acts = life.times(what);
  return life.times("[freeze]").flatMap((at) => acts.find((act) => act >= at)! - at || []);
}

describe("a bot that freezes", () => {
  test("G-15, G-16 four times in an hour: three restarts that help, then it is held and somebody is needed", () => {
    const life = new Life(bot, { fates: freezes(5, 15, 25, 35, 50), lasts: 3 * hour }).live();
    expect(life.done.map(({ what }) => what).filter((what) => !/^(check|look)-/.test(what))).toEqual([
      ...Array.from({ length: 3 }, () => ["[freeze]", "heal heartbeat", "helped"]).flat(),
      "[freeze]",
      "open-breaker",
      "[freeze]",
    ]);
    expect(life.health()).toBe("held");
    expect(life.said[0]).toBe("beat of bot has failed: it is bad");
  });

  test("is seen at its threshold", () => {
    const life = new Life(bot, { fates: freezes(5, 15, 25), lasts: hour }).live();
    for (const delay of delays(life, "check-failing beat")) {
      // Its latest beat was up to 10 s before it froze.
      expect(delay).toBeGreaterThan(20 * second);
      expect(delay).toBeLessThanOrEqual(30 * second);
    }
    expect(life.health()).toBe("healthy");
  });

  test("four times in a day: each is healed", () => {
    const life = new Life(bot, { fates: freezes(5, 105, 205, 305), lasts: 6 * hour }).live();
    expect([life.times("heal").length, life.times("helped").length, life.health()]).toEqual([
      4,
      4,
      "healthy",
    ]);
  });

  test("again right after each start: restarts do not help, which is said, and ends", () => {
    const life = new Life(bot, { fates: freezes(5), lasts: 12 * hour, hopeless: true }).live();
    expect([life.times("heal").length, life.times("did-not-help").length]).toEqual([3, 3]);
    expect(life.times("open-breaker").length).toBe(1);
    // Each was given the log's five minutes.
    expect(life.times("open-breaker")[0]! - life.times("heal")[0]!).toBeGreaterThan(15 * minute);
  });

  test("C-80 after a reset it is watched as before: what still fails opens the breaker again", () => {
    const fates: Fate[] = [...freezes(5, 10, 15, 20), { at: 30 * minute, what: "reset" }, ...freezes(31)];
    const life = new Life(bot, { fates, lasts: hour }).live();
    expect([life.times("heal").length, life.times("open-breaker").length]).toEqual([3, 2]);
  });

  test("C-77, C-78 an open breaker tries once when it re-arms, and closes when that goes well", () => {
    const rule = watchRule(bot.checks.slice(1), { rearm: hour });
    const life = new Life(rule, { fates: freezes(5, 10, 15, 20), lasts: 3 * hour }).live();
    const after = life.done.map(({ what }) => what).filter((what) => /breaker|try/.test(what));
    expect(after).toEqual(["open-breaker", "try-again", "close-breaker"]);
    const [opened, tried] = [life.times("open-breaker")[0]!, life.times("try-again")[0]!];
    expect(tried - opened).toBe(hour);
    expect(life.health()).toBe("healthy");
  });

  test("and holds twice as long each time when it does not", () => {
    const rule = watchRule(bot.checks.slice(1), { rearm: hour });
    const life = new Life(rule, { fates: freezes(5), lasts: 20 * hour, hopeless: true }).live();
    const [opened, tried] = [life.times("open-breaker"), life.times("try-again")];
    expect(tried.map((at, n) => (at - opened[n]!) / hour)).toEqual([1, 2, 4, 8]);
    expect(life.times("heal").length).toBe(3);
  });
});

describe("what is not its fault", () => {
  test("G-02 the broker goes away and it stalls: it is never restarted, and goes on when the broker is back", () => {
    const fates: Fate[] = [{ at: 9 * minute, what: "broker-down" }, ...freezes(10)];
    const life = new Life(bot, { fates, lasts: 8 * hour }).live();
    expect([life.times("heal"), life.times("open-breaker"), life.health()]).toEqual([[], [], "degraded"]);
    const back = new Life(bot, {
      fates: [...fates, { at: hour, what: "broker-up" }],
      lasts: 2 * hour,
    }).live();
    // It is given the time of a start to come back by itself.
    expect(back.times("heal").length).toBe(1);
    expect(back.times("heal")[0]).toBeGreaterThanOrEqual(hour + 30 * second);
    expect(back.times("heal")[0]).toBeLessThan(hour + 2 * minute);
    const thaws: Fate[] = [
      ...fates,
      { at: hour, what: "broker-up" },
      { at: hour + 9 * second, what: "thaw" },
    ];
    const thawed = new Life(bot, { fates: thaws, lasts: 2 * hour }).live();
    expect([thawed.times("heal"), thawed.health()]).toEqual([[], "healthy"]);
  });

  test("the broker is back just before it shows that it stalls: it is given the same time", () => {
    // It is asked often, and known to be back by then.
    const rule = watchRule([beat, log, { ...broker, every: 5 * second }]);
    const away: Fate[] = [
      { at: 9 * minute, what: "broker-down" },
      ...freezes(10),
      { at: 10 * minute + 20 * second, what: "broker-up" },
    ];
    const thawed = new Life(rule, {
      fates: [...away, { at: 10 * minute + 45 * second, what: "thaw" }],
      lasts: hour,
    }).live();
    expect([thawed.times("heal"), thawed.health()]).toEqual([[], "healthy"]);
    const frozen = new Life(rule, { fates: away, lasts: hour }).live();
    expect(frozen.times("heal")).toHaveLength(1);
  });

  test("the broker goes away in the moment it stalls: it is asked before anything is done", () => {
    const fates: Fate[] = [...freezes(10), { at: 10 * minute + 20 * second, what: "broker-down" }];
    const life = new Life(bot, { fates, lasts: hour }).live();
    expect([life.times("look-again").length > 0, life.times("heal")]).toEqual([true, []]);
  });

  test("this host is cut off", () => {
    const fates: Fate[] = [{ at: 9 * minute, what: "cut-off" }, ...freezes(10)];
    expect(new Life(bot, { fates, lasts: 8 * hour }).live().times("heal")).toEqual([]);
  });

  test("G-09 somebody stops it", () => {
    const life = new Life(bot, {
      fates: [...freezes(10), { at: 10 * minute + 8 * second, what: "stop" }],
      lasts: 8 * hour,
    });
    expect([life.live().times("heal"), life.health(), life.times("check-failing")]).toEqual([
      [],
      "stopped",
      [],
    ]);
  });

  test("an apply is under way: nothing until it is done", () => {
    const fates: Fate[] = [
      { at: 9 * minute, what: "apply" },
      ...freezes(10),
      { at: 30 * minute, what: "applied" },
    ];
    const [heal] = new Life(bot, { fates, lasts: hour }).live().times("heal");
    expect(heal).toBeGreaterThanOrEqual(30 * minute);
    expect(heal).toBeLessThan(30 * minute + 20 * second);
  });
});

describe("a bot that dies", () => {
  test.each([
    ["356 times in 30 s", 1],
    ["every 2 s", 2 * second],
    ["every 20 s", 20 * second],
    ["every 20 min", 20 * minute],
  ])("C-68 %s: eleven times, then it is held", (_, diesAfter) => {
    const life = new Life(bot, { fates: [], lasts: 8 * hour, diesAfter }).live();
    expect([life.times("crash").length, life.times("open-breaker").length, life.times("heal")]).toEqual([
      11,
      1,
      [],
    ]);
    expect(life.health()).toBe("held");
  });

  test("now and then: systemd's count begins anew after half an hour", () => {
    const fates: Fate[] = [1, 2, 3, 90].map((at) => ({ at: at * minute, what: "crash" }));
    const life = new Life(bot, { fates, lasts: 4 * hour }).live();
    expect([life.times("forget-crashes").length, life.times("open-breaker"), life.health()]).toEqual([
      2,
      [],
      "healthy",
    ]);
  });
});

describe("whatever happens", () => {
  const kinds = [
    "freeze",
    "freeze",
    "crash",
    "broker-down",
    "broker-up",
    "cut-off",
    "apply",
    "applied",
    "reset",
  ] as const;
  const fates = fc.array(
    fc.record({ at: fc.integer({ min: 0, max: 5 * hour }), what: fc.constantFrom(...kinds) }),
    { maxLength: 25 },
  );
  const rules = fc.constantFrom(
    bot,
    watchRule([beat], { rearm: 10 * minute }),
    watchRule([log, broker], { limit: { count: 1, window: hour }, crashes: { count: 2, window: hour } }),
    watchRule([beat, log], { atLimit: "leave", proof: second }),
  );

  test("G-15 there are never more heals than the budget in any window, nor one within a grace or a change", () => {
    fc.assert(
      fc.property(rules, fates, fc.boolean(), (rule, list, hopeless) => {
        const life = new Life(rule, { fates: list, lasts: 6 * hour, hopeless }).live();
        const heals = life.times("heal");
        const { count, window } = rule.heal.limit;
        for (const at of heals)
          expect(heals.filter((other) => other > at - window && other <= at).length).toBeLessThanOrEqual(
            count,
          );
        let changing = false;
        let started = -hour;
        for (const { at, what } of life.done) {
          if (what.startsWith("[appl")) changing = what === "[apply]";
          if (what === "crash" || what === "[reset]" || what === "try-again") started = at;
          if (!what.startsWith("heal")) continue;
          expect(changing).toBe(false);
          expect(at - started).toBeGreaterThanOrEqual(rule.grace);
          started = at;
        }
      }),
      { numRuns: 25 },
    );
  });

  test("whoever is killed after every step decides the same", () => {
    fc.assert(
      fc.property(rules, fates, (rule, list) => {
        const [kept, killed] = [false, true].map((flag) =>
          new Life(rule, { fates: list, lasts: 6 * hour, killed: flag }).live(),
        );
        expect(killed!.done).toEqual(kept!.done);
        expect(killed!.state).toEqual(kept!.state);
      }),
      { numRuns: 12 },
    );
  });

  test("clocks that jump both ways heal nothing, and hide no freeze for long", () => {
    const jumps = fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 3 * hour }),
        what: fc.constant("jump" as const),
        by: fc.integer({ min: -6 * hour, max: 6 * hour }).filter((by) => Math.abs(by) > 3 * second),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(jumps, (list) => {
        const well = new Life(bot, { fates: list, lasts: 4 * hour }).live();
        expect(well.done.filter(({ what }) => what !== "[jump]")).toEqual([]);
        const frozen = new Life(bot, {
          fates: [...list, { at: 3 * hour + minute, what: "freeze" }],
          lasts: 4 * hour,
        });
        expect(delays(frozen.live(), "heal")[0]).toBeLessThanOrEqual(5 * minute);
      }),
      { numRuns: 25 },
    );
  });
});
