import type { Because } from "../compile/artifact.ts";
import { isEquivalent, type Difference, type Equivalence } from "../rehearse/equivalence/equivalence.ts";
import type { ImportProof } from "../rehearse/equivalence/prove-import.ts";
import type { Place } from "../report/diagnostic.ts";
import { printable } from "../value/printable.ts";

/** What a proof has shown, for people: a line a unit, and a line for each difference with its reason. */
export function describeProof({ units, left }: ImportProof): string {
  return [
    ...units.flatMap(describeUnit),
    ...left.map((unit) => `${printable(unit)}: in none of the specs, so there is nothing to compare`),
  ].join("\n");
}

function describeUnit(one: Equivalence): string[] {
  const { unit, compared, differences, trouble } = one;
  if (trouble !== null) return [`${unit}: cannot be compared: ${printable(trouble)}`];
  const refused = differences.filter(({ verdict }) => verdict === "refused").length;
  const head = isEquivalent(one)
    ? `${unit}: equivalent: ${compared} properties compared, ${describeCount(differences.length)}`
    : `${unit}: not equivalent: ${compared} properties compared, ${refused} without an explanation`;
  return [head, ...differences.map(describeDifference)];
}

function describeCount(differences: number): string {
  if (differences === 0) return "none differs";
  return differences === 1 ? "1 differs and is explained" : `${differences} differ and are explained`;
}

function describeDifference(one: Difference): string {
  const change = `${one.property}: ${short(one.before)} -> ${short(one.after)}`;
  if (one.verdict === "explained") return `  = ${change}  ${one.why}`;
  const from = one.from === null ? "" : `  was ${describePlace(one.from)}`;
  const because = one.because === null ? "" : `, is ${describeCause(one.because)}`;
  return `  ! ${change}${from}${because}`;
}

function describeCause(because: Because): string {
  return "at" in because ? describePlace(because.at) : because.rule;
}

function describePlace({ file, line }: Place): string {
  return `${printable(file)}:${line}`;
}

/** Long lists would hide what they are about. */
function short(text: string): string {
  const line = printable(text);
  return line.length <= 120 ? line : `${line.slice(0, 119)}…`;
}
