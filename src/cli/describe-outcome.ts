import type { Outcome } from "../apply/apply.ts";
import type { Recovery } from "../apply/recover.ts";

const generationName = (number: number | null) =>
  number === null ? "as it was before the first apply" : `at generation ${number}`;

/** After a failure: what was done, what was taken back, what was never touched, and where the host is now. */
export function describeUndone(app: string, outcome: Outcome): string {
  const lines = [
    `"${app}" is ${outcome.leftOver.length === 0 ? `back ${generationName(outcome.generation)}` : "NOT completely back"}.`,
  ];
  const part = (name: string, items: readonly string[]) => {
    for (const [index, item] of items.entries())
      lines.push(`  ${(index === 0 ? name : "").padEnd(11)} ${item}`);
  };
  part("Done:", outcome.done);
  part("Undone:", outcome.undone);
  part("Untouched:", outcome.untouched);
  part("Left over:", outcome.leftOver);
  return lines.join("\n");
}

export function describeRecovery(app: string, recovery: Recovery): string {
  const { outcome, started, who, purpose } = recovery;
  const head = `The ${purpose} of "${app}" that ${who} began at ${started} was cut short.`;
  const tail =
    outcome.leftOver.length === 0
      ? `It was taken back: "${app}" is ${generationName(outcome.generation)}.`
      : `It could not be taken back completely:\n  ${outcome.leftOver.join("\n  ")}`;
  return `${head} ${tail}`;
}
