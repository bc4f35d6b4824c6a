import { isWorse, type Compared, type Comparison, type Difference } from "../compare-reports.ts";
import type { Verdict } from "../outcome.ts";
import { shownTime, type Report } from "../rehearse.ts";
import {
  comparedName,
  comparisonHead,
  differenceWords,
  paceWords,
  tellingOrder,
  verdictWords,
} from "./comparison-text.ts";
import { page, text, tiles } from "./html-page.ts";

const looks: Readonly<Record<Difference, string>> = {
  same: "kept",
  better: "kept",
  worse: "broken",
  slower: "gap",
  unknown: "gap",
  machine: "other",
};
const short: Readonly<Record<Difference, string>> = {
  worse: "worse there",
  unknown: "not known",
  slower: "much slower there",
  better: "better there",
  machine: "not comparable here",
  same: "the same",
};

/** One page for two trees: what differs, then everything that was seen on each. */
export function comparisonPage(comparison: Comparison, body: (report: Report, id: string) => string): string {
  const { before, after, tree, differences } = comparison;
  const title = `${before.app}: an upgrade, rehearsed`;
  const count = (difference: Difference) => differences.filter((one) => one.difference === difference).length;
  return page(
    title,
    `<h1>${text(title)}</h1>
<p class="verdict-line"><span class="badge ${isWorse(comparison) ? "broken" : "kept"}">${isWorse(comparison) ? "✗" : "✓"}</span> ${text(comparisonHead(comparison))}</p>
${[paceWords(comparison) ?? []]
  .flat()
  .map((words) => `<p>${text(words)}</p>`)
  .join("")}
${tiles([...tellingOrder, "same" as const].map((difference) => ({ count: count(difference), words: short[difference], look: looks[difference] })))}
${trouble(comparison)}
${tellingOrder
  .map((kind) =>
    table(
      kind,
      differences.filter(({ difference }) => difference === kind),
    ),
  )
  .join("\n")}
<h2>Before: this machine, systemd ${text(before.systemd)}</h2>
${body(before, "b")}
${after === null ? "" : `<h2>After: ${text(tree)}, systemd ${text(after.systemd)}</h2>\n${body(after, "a")}`}`,
  );
}

function trouble({ trouble: found }: Comparison): string {
  return found
    .map(
      ({ summary, detail, fix }) =>
        `<p><strong>${text(summary)}</strong>${detail ? `<br>${text(detail).replaceAll("\n", "<br>\n")}` : ""}${fix === undefined ? "" : `<br>To do: ${text(fix)}`}</p>`,
    )
    .join("\n");
}

function table(kind: Difference, found: readonly Compared[]): string {
  if (found.length === 0) return "";
  const rows = found.map((one) => {
    const cell = (index: 0 | 1, verdict: Verdict | null) =>
      `<td data-label="${index === 0 ? "before" : "after"}">${verdict === null ? "not there" : verdictWords[verdict]}${one.recover[index] === null ? "" : `, ready after ${shownTime(one.recover[index])}`}<br><span class="dim">${text(one.says![index])}</span></td>`;
    return `<tr><th scope="row">${text(comparedName(one))}</th>${cell(0, one.before)}${cell(1, one.after)}</tr>`;
  });
  return `<h2>${text(differenceWords[kind])}</h2>
<table class="stack"><thead><tr><th scope="col">fault</th><th scope="col">before</th><th scope="col">after</th></tr></thead><tbody>${rows.join("\n")}</tbody></table>`;
}
