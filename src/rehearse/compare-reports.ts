import type { Diagnostic } from "../report/diagnostic.ts";
import type { Outcome, Verdict } from "./outcome.ts";
import type { Report } from "./rehearse.ts";

/**
 * What a difference says of the other tree. `machine`: it comes from this machine and would not be there after the upgrade.
 * `unknown`: it was rehearsed on one tree only, so that nothing is known of the other.
 */
export type Difference = "same" | "worse" | "better" | "slower" | "machine" | "unknown";

/** One fault on two trees. */
export type Compared = {
  fault: string;
  title: string;
  service: string | null;
  difference: Difference;
  before: Verdict | null;
  after: Verdict | null;
  /** What was seen on each; null when it came out the same. */
  says: readonly [string, string] | null;
  recover: readonly [number | null, number | null];
};

/** The same faults on two trees. */
export type Comparison = {
  before: Report;
  /** null when the application could not be brought up there: then nothing was broken. */
  after: Report | null;
  /** The other tree. */
  tree: string;
  /** Why there is nothing of it. */
  trouble: readonly Diagnostic[];
  /** How many times as long everything took there, in the middle; null when too little can be compared. */
  pace: number | null;
  differences: readonly Compared[];
};

/** Holds what was seen on two trees side by side; without a second report everything of it is unknown. */
export function makeComparison(
  before: Report,
  after: Report | null,
  tree: string,
  trouble: readonly Diagnostic[] = [],
): Comparison {
  const pace = after === null ? null : paceOf(before, after);
  const differences = after === null ? [] : compareReports(before, after);
  return { before, after, tree, trouble, pace, differences };
}

/** Whether the other tree keeps less than this one, or does not even bring the application up. */
export function isWorse({ after, differences }: Comparison): boolean {
  return after === null || differences.some(({ difference }) => difference === "worse");
}

/** The outcomes of the same faults on two trees, in the order of the first. */
export function compareReports(before: Report, after: Report): Compared[] {
  const keyOf = ({ fault, service }: Outcome) => `${fault} ${service ?? ""}`;
  const others = new Map(after.outcomes.map((one) => [keyOf(one), one]));
  const known = new Set(before.outcomes.map(keyOf));
  const pairs: (readonly [Outcome | null, Outcome | null])[] = [
    ...before.outcomes.map((one) => [one, others.get(keyOf(one)) ?? null] as const),
    ...after.outcomes.filter((one) => !known.has(keyOf(one))).map((one) => [null, one] as const),
  ];
  const pace = Math.max(1, paceOf(before, after) ?? 1);
  return pairs.map(([one, other]) => {
    const { fault, title, service } = (one ?? other)!;
    const difference = differenceOf(one, other, pace);
    return {
      fault,
      title,
      service,
      difference,
      before: one?.verdict ?? null,
      after: other?.verdict ?? null,
      says: difference === "same" ? null : [one?.says ?? "not there", other?.says ?? "not there"],
      recover: [one?.recover ?? null, other?.recover ?? null],
    };
  });
}

/** Worse to the right. What was not rehearsed stands nowhere. */
const ranks: readonly Verdict[] = ["kept", "gap", "broken"];

function differenceOf(one: Outcome | null, other: Outcome | null, pace: number): Difference {
  if (one?.lacks !== other?.lacks) return "machine";
  const [was, is] = [one, other].map((outcome) => (outcome ? ranks.indexOf(outcome.verdict) : -1)) as [
    number,
    number,
  ];
  if (was === -1 && is === -1) return "same";
  if (was === -1 || is === -1) return "unknown";
  if (was !== is) return is > was ? "worse" : "better";
  return isSlower(one!.recover, other!.recover, pace) ? "slower" : "same";
}

/** Much slower than before, and than the rest: a machine that was busy meanwhile is no difference of one fault. */
function isSlower(before: number | null, after: number | null, pace: number): boolean {
  return before !== null && after !== null && after > 2 * pace * before && after > pace * before + 1000;
}

/** Fewer times than these have no middle that says something of the machine. */
const enoughTimes = 5;

/** The median of how many times as long each took on the other. */
function paceOf(before: Report, after: Report): number | null {
  const times = before.outcomes.flatMap(({ fault, service, recover }) => {
    const other = after.outcomes.find((one) => one.fault === fault && one.service === service)?.recover;
    return recover && other ? other / recover : [];
  });
  return times.length < enoughTimes ? null : times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;
}
