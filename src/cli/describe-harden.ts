import type { LearnedLine } from "../harden/learned.ts";
import type { HardenResult } from "../harden/result.ts";
import type { Style } from "../report/style.ts";
import { printable } from "../value/printable.ts";

type Shown = {
  seconds: number;
  file: string;
  written: boolean;
  change: string | null;
  again: string;
  style: Style;
};

/** What a learning came to, for people: the score, each directive with its reason, and what was not exercised. */
export function describeHarden(result: HardenResult, shown: Shown): string {
  const { style } = shown;
  const on = result.lines.filter(({ state }) => !["off", "not-tried"].includes(state));
  const off = result.lines.filter(({ state }) => state === "off");
  return [
    style.strong(
      `${result.app}/${result.service}: ${on.length} directives on, ${off.length} off; score ${scoreOf(result.before)} before, ${scoreOf(result.after)} after (lower is tighter)`,
    ),
    `${result.probes} runs in ${shown.seconds.toFixed(0)} s, with systemd ${result.systemd}`,
    "",
    ...table(result, style),
    ...list(
      "Writes to places that the spec does not declare (they stay writable; better say so with writes:)",
      result.places.map(({ path, why }) => `${path}: ${why}`),
    ),
    ...list("Exercised", result.exercised),
    ...list("Not exercised: nothing is known of", result.notExercised),
    ...list("Broke once and passed when it was tried again", result.flaky),
    "",
    ...(shown.written
      ? [`${shown.file} is written.`]
      : [`Nothing was changed. To write ${shown.file}: ${shown.again}`]),
    ...(shown.change === null ? [] : ["In the spec:", ...indent(shown.change)]),
  ].join("\n");
}

function table(result: HardenResult, style: Style): string[] {
  const marks: Readonly<Record<LearnedLine["state"], string>> = {
    "as-preset": "on     ",
    tighter: style.good("tighter"),
    milder: style.warn("milder "),
    off: style.bad("off    "),
    "not-tried": style.dim("-      "),
  };
  const names = result.lines.map(nameOf);
  const width = Math.min(64, Math.max(...names.map((name) => name.length)));
  return result.lines.map((line, index) => {
    const cost = costOf(line.directive, result);
    const score = cost === 0 ? "   " : cost.toFixed(1);
    const why = line.state === "as-preset" && line.why === "as the preset has it" ? "" : line.why;
    return `  ${marks[line.state]} ${score}  ${names[index]!.padEnd(width)}  ${style.dim(printable(why))}`.trimEnd();
  });
}

function nameOf({ directive, settings }: LearnedLine): string {
  const own = settings.filter(([key]) => key === directive);
  if (directive.includes("=")) return directive;
  return own.length === 0 ? `${directive}=` : own.map(([key, value]) => `${key}=${value}`).join(" ");
}

/** What this directive still costs in the score. */
function costOf(directive: string, { costs }: HardenResult): number {
  // A group of calls that is denied as well counts with the whole filter.
  if (directive.includes("=")) return 0;
  const own = costs.filter(({ directive: name }) => name.startsWith(`${directive}=`));
  return own.reduce((sum, { cost }) => sum + cost, 0);
}

function list(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : ["", `${title}:`, ...items.map((item) => `  - ${printable(item)}`)];
}

function indent(text: string): string[] {
  return text.split("\n").map((line) => `  ${line}`);
}

function scoreOf(score: number | null): string {
  return score === null ? "unknown" : score.toFixed(1);
}
