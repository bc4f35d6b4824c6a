import type { ProbationRule } from "../../compile/probation.ts";
import { describeDuration } from "../../value/duration.ts";

/** Something that is held against a service. Milliseconds since the epoch. */
export type Mark = { at: number; says: string };

/** What the record has of a service since it was changed. */
export type ProbationFacts = {
  since: number;
  crashes: readonly Mark[];
  limitHits: readonly Mark[];
  heals: readonly Mark[];
  giveUps: readonly Mark[];
  falseAlarms: readonly Mark[];
  /** What was done to it on purpose meanwhile, such as drills: what happens then does not count. */
  spared: readonly { from: number; to: number }[];
  /** Why it does not run now; null when it does. */
  down: string | null;
};

export type Verdict = { state: "passed" | "failed"; reasons: readonly string[] };

export type ProbationCounts = {
  crashes: number;
  limitHits: number;
  heals: number;
  giveUps: number;
  falseAlarms: number;
};

export type Probation = {
  state: "running" | Verdict["state"];
  since: number;
  until: number;
  counts: ProbationCounts;
  /** Why it has failed. */
  reasons: readonly string[];
};

/** Reports of what a person has ended, or a heal has begun, come a little late. */
const grace = 10_000;

/** Has a service proved itself? It fails as soon as more has happened than may, and passes no earlier than its time. */
export function judgeProbation(rule: ProbationRule, facts: ProbationFacts, now: number): Probation {
  const until = facts.since + rule.for;
  const counted = (marks: readonly Mark[]): readonly Mark[] =>
    marks.filter(
      ({ at }) =>
        at >= facts.since &&
        at <= until &&
        !facts.spared.some(({ from, to }) => at >= from && at <= to + grace),
    );
  const kinds = {
    crashes: { marks: counted(facts.crashes), most: rule.crashes, word: "crash", words: "crashes" },
    limitHits: {
      marks: counted(facts.limitHits),
      most: rule.limitHits,
      word: "limit hit",
      words: "limit hits",
    },
    heals: { marks: counted(facts.heals), most: rule.heals, word: "heal", words: "heals" },
    giveUps: { marks: counted(facts.giveUps), most: 0, word: "giving up", words: "times it gave up" },
    falseAlarms: {
      marks: counted(facts.falseAlarms),
      most: rule.falseAlarms,
      word: "false alarm",
      words: "false alarms",
    },
  } as const;
  const reasons = Object.values(kinds)
    .filter(({ marks, most }) => marks.length > most)
    .map(({ marks, most, word, words }) => {
      const count = `${marks.length} ${marks.length === 1 ? word : words}`;
      const last = marks.at(-1)!;
      return `${count}, where ${most === 0 ? "none" : most} may be; ${describeDuration(last.at - facts.since)} after the change: ${last.says}`;
    });
  const over = now >= until;
  if (reasons.length === 0 && over && facts.down !== null) reasons.push(`it does not run: ${facts.down}`);
  return {
    state: reasons.length > 0 ? "failed" : over ? "passed" : "running",
    since: facts.since,
    until,
    counts: {
      crashes: kinds.crashes.marks.length,
      limitHits: kinds.limitHits.marks.length,
      heals: kinds.heals.marks.length,
      giveUps: kinds.giveUps.marks.length,
      falseAlarms: kinds.falseAlarms.marks.length,
    },
    reasons,
  };
}

/** "on probation for another 3 h 12 min", "failed its probation: 1 crash, where none may be; ...". */
export function describeProbation({ state, until, reasons }: Probation, now: number): string {
  switch (state) {
    case "running":
      return `on probation for another ${describeDuration(Math.max(1000, until - now))}`;
    case "passed":
      return "passed its probation";
    case "failed":
      return `failed its probation: ${reasons.join("; ")}`;
  }
}
