import type { Style } from "../../report/style.ts";
import { isWorse, type Compared, type Comparison, type Difference } from "../compare-reports.ts";
import type { Verdict } from "../outcome.ts";

/** Worst first; what came out the same is only counted. */
export const tellingOrder: readonly Difference[] = ["worse", "unknown", "slower", "better", "machine"];

/** What a difference means, as a heading over those of its kind. */
export const differenceWords: Readonly<Record<Difference, string>> = {
  same: "the same",
  worse: "Kept here, and not there",
  unknown: "Rehearsed on one of the two only: nothing is known of the other",
  slower: "The same on both, and much slower there",
  better: "Better there",
  machine:
    "Not comparable on this machine, and no fault of the other tree: limits have no effect on one of the two (--vm shows them)",
};

export const verdictWords: Readonly<Record<Verdict, string>> = {
  kept: "kept",
  broken: "broken",
  gap: "not promised",
  "not-rehearsed": "not rehearsed",
};

/** "systemd 252 -> 257: 30 of 33 come out the same, and nothing is worse". */
export function comparisonHead({ before, after, differences, tree }: Comparison): string {
  if (after === null) return `systemd ${before.systemd} -> ${tree}: the application does not come up there`;
  const count = (difference: Difference) => differences.filter((one) => one.difference === difference).length;
  const worse = count("worse");
  const verdict = worse === 0 ? "nothing is worse" : `${worse} ${worse === 1 ? "is" : "are"} worse`;
  return `systemd ${before.systemd} -> ${after.systemd}: ${count("same")} of ${differences.length} come out the same, ${verdict}`;
}

/** Said when everything took longer there, so that nobody takes it for the doing of one fault; null when it did not. */
export function paceWords({ pace }: Comparison): string | null {
  return pace === null || pace < 1.5
    ? null
    : `All in all it took ${pace.toFixed(1)} times as long there: was the machine busy then? Rehearse again when it is quiet.`;
}

/** "bot: it crashes at every start". */
export function comparedName({ service, title }: Pick<Compared, "service" | "title">): string {
  return service === null ? title : `${service}: ${title}`;
}

/** The comparison for people: what differs in full, the rest in one line. */
export function describeComparison(comparison: Comparison, style: Style): string {
  const { trouble, differences } = comparison;
  const head = comparisonHead(comparison);
  return [
    isWorse(comparison) ? style.bad(head) : style.strong(head),
    ...[paceWords(comparison) ?? []].flat(),
    ...trouble.flatMap(({ summary, detail, fix }) => [
      `  ${summary}`,
      ...(detail ?? "").split("\n").flatMap((line) => (line.trim() === "" ? [] : `    ${line}`)),
      ...(fix === undefined ? [] : [`  Fix: ${fix}`]),
    ]),
    ...tellingOrder.flatMap((kind) => {
      const found = differences.filter(({ difference }) => difference === kind);
      return found.length === 0
        ? []
        : ["", `${differenceWords[kind]}:`, ...found.flatMap(kind === "machine" ? nameOnly : inFull)];
    }),
  ].join("\n");
}

function nameOnly({ service, fault }: Compared): string {
  return `  ${service === null ? "" : `${service} `}${fault}`;
}

function inFull({ service, fault, before, after, says }: Compared): string[] {
  const word = (verdict: Verdict | null) => (verdict === null ? "not there" : verdictWords[verdict]);
  return [
    `  ${service === null ? "" : `${service} `}${fault}: ${word(before)} -> ${word(after)}`,
    `    here:  ${says![0]}`,
    `    there: ${says![1]}`,
  ];
}
