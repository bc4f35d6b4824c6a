import type { Outcome } from "../apply/apply.ts";
import type { Recovery } from "../apply/recover.ts";
import type { Diagnostic } from "../report/diagnostic.ts";

const generationName = (number: number | null) =>
  number === null ? "as it was before the first apply" : `at generation ${number}`;

/** After a failure: what was done, what was taken back, what was never touched, where the host is now, and the way on. */
export function describeUndone(app: string, outcome: Outcome): string {
  const back = `back ${generationName(outcome.generation)}`;
  const state =
    outcome.leftOver.length > 0
      ? "NOT completely back"
      : outcome.unrecorded === null
        ? back
        : `${back}, but this could not be written down; the next command does that`;
  const lines = [`"${app}" is ${state}.`];
  const part = (name: string, items: readonly string[]) => {
    for (const [index, item] of items.entries())
      lines.push(`  ${(index === 0 ? name : "").padEnd(12)} ${item}`);
  };
  part("Done:", outcome.done);
  part("Undone:", outcome.undone);
  part("Untouched:", outcome.untouched);
  part("Left over:", outcome.leftOver);
  part("Not running:", outcome.notRunning);
  part("Fix:", [...new Set(outcome.failure.flatMap(({ fix }) => fix ?? []))]);
  return lines.join("\n");
}

/** What a command says first when an earlier one was cut short: what it was, and which generation the host is at now. */
export function describeRecovery(app: string, recovery: Recovery): Diagnostic {
  const { outcome, started, who, purpose, generation, leftOver } = recovery;
  const was = `The ${purpose} of "${app}" that ${who} began at ${started} was cut short`;
  const now = `"${app}" is ${generation === null && outcome === null ? "removed" : generationName(generation)}`;
  const complete = leftOver.length === 0;
  const end =
    outcome === null
      ? ` after it had taken effect: ${now}`
      : complete
        ? `. It was taken back: ${now}`
        : ". It could not be taken back completely";
  const told = [...(outcome?.undone ?? []), ...leftOver, ...(outcome?.notRunning ?? [])];
  return {
    severity: "warning",
    code: complete ? "apply/recovered" : "apply/not-recovered",
    summary: `${was}${end}`,
    ...(told.length === 0 ? {} : { detail: told.join("\n") }),
  };
}
