import type { Outcome, Verdict } from "./outcome.ts";
import type { Report } from "./rehearse.ts";

/** One fault on two trees: the same verdict, or what became other. */
export type Compared = {
  fault: string;
  service: string | null;
  before: Verdict | null;
  after: Verdict | null;
  /** What was seen on each, when the verdicts differ or one took more than twice as long and a second more. */
  says: readonly [string, string] | null;
  recover: readonly [number | null, number | null];
};

/** Holds the outcomes of the same faults on two trees side by side, in the order of the first. */
export function compareReports(before: Report, after: Report): Compared[] {
  const keyOf = ({ fault, service }: Outcome) => `${fault} ${service ?? ""}`;
  const others = new Map(after.outcomes.map((one) => [keyOf(one), one]));
  const pairs = [
    ...before.outcomes.map((one) => [one, others.get(keyOf(one)) ?? null] as const),
    ...after.outcomes
      .filter((one) => !before.outcomes.some((other) => keyOf(other) === keyOf(one)))
      .map((one) => [null, one] as const),
  ];
  return pairs.map(([one, other]) => ({
    fault: (one ?? other).fault,
    service: (one ?? other).service,
    before: one?.verdict ?? null,
    after: other?.verdict ?? null,
    says:
      one?.verdict !== other?.verdict || isSlower(one, other)
        ? [one?.says ?? "not there", other?.says ?? "not there"]
        : null,
    recover: [one?.recover ?? null, other?.recover ?? null],
  }));
}

/** Much slower than before: not what a busy moment does. */
function isSlower(one: Outcome | null, other: Outcome | null): boolean {
  const [before, after] = [one?.recover ?? null, other?.recover ?? null];
  return before !== null && after !== null && after > 2 * before && after > before + 1000;
}

/** The comparison for people: what differs in full, the rest in one line. */
export function describeComparison(before: Report, after: Report): string {
  const all = compareReports(before, after);
  const differing = all.filter(({ says }) => says !== null);
  const head = `systemd ${before.systemd} -> ${after.systemd}: ${all.length - differing.length} of ${all.length} come out the same`;
  return [
    head,
    ...differing.flatMap(({ fault, service, before: was, after: is, says }) => [
      "",
      `${service === null ? "" : `${service} `}${fault}: ${was ?? "-"} -> ${is ?? "-"}`,
      `  before: ${says![0]}`,
      `  after:  ${says![1]}`,
    ]),
  ].join("\n");
}
