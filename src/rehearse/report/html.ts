import { describeDuration } from "../../value/duration.ts";
import { describeAsked } from "../asked-upstreams.ts";
import type { Comparison } from "../compare-reports.ts";
import type { Outcome, Verdict } from "../outcome.ts";
import { shownTime, type Report } from "../rehearse.ts";
import { comparisonPage } from "./html-comparison.ts";
import { facts, page, text, tiles } from "./html-page.ts";
import { legend, timeline } from "./html-timeline.ts";
import { groupByReason } from "./text.ts";

/** How a verdict is written; its sign is for who sees no colours. */
const words: Readonly<Record<Verdict, string>> = {
  kept: "✓ kept",
  broken: "✗ broken",
  gap: "! not promised",
  "not-rehearsed": "· not rehearsed",
};
const looks: Readonly<Record<Verdict, string>> = {
  kept: "kept",
  broken: "broken",
  gap: "gap",
  "not-rehearsed": "other",
};
const order: readonly Verdict[] = ["broken", "gap", "kept"];

/** The report as one page that needs nothing else: no script, no font, no address. A comparison shows what differs first, then both. */
export function toHtml(report: Report | Comparison): string {
  if ("differences" in report) return comparisonPage(report, (one, id) => reportBody(one, id));
  const title = `${report.app}: ${report.live ? "drilled" : "rehearsed"} failures`;
  return page(title, `<h1>${text(title)}</h1>\n${reportBody(report, "f")}`);
}

/** All of a report below its heading. `id` begins the names of its parts, for there may be two on a page. */
function reportBody(report: Report, id: string): string {
  const of = (verdict: Verdict) => report.outcomes.filter((one) => one.verdict === verdict);
  const done = order.flatMap(of);
  const skipped = of("not-rehearsed");
  return `<p class="verdict-line">${text(inOneSentence(report))}</p>
${tiles([
  { count: of("broken").length, words: "broken", look: "broken" },
  { count: of("gap").length, words: "not promised", look: "gap" },
  { count: of("kept").length, words: "kept", look: "kept" },
  { count: skipped.length, words: "not rehearsed", look: "other" },
])}
${facts(whereAndWhen(report))}
${overview(done, id)}
${done.length === 0 ? "" : `<h2>Fault by fault</h2>\n${legend}`}
${done.map((one, index) => section(one, `${id}${index}`)).join("\n")}
${skipped.length === 0 ? "" : `<h2>Not rehearsed</h2>\n${facts(groupByReason(skipped).map(([why, what]) => [why, text(what.join(", "))] as const))}`}
<footer>
${footnotes(report)
  .map((note) => `<p>${text(note)}</p>`)
  .join("\n")}
</footer>`;
}

function inOneSentence({ outcomes }: Report): string {
  const count = (verdict: Verdict) => outcomes.filter((one) => one.verdict === verdict).length;
  const [broken, gap, kept] = [count("broken"), count("gap"), count("kept")];
  const missing =
    gap === 0
      ? ""
      : ` ${gap} more ${gap === 1 ? "is a failure" : "are failures"} that nobody has promised anything about.`;
  if (broken > 0)
    return `${broken} of ${broken + kept} promises ${broken === 1 ? "was" : "were"} broken when it came to it.${missing}`;
  if (kept === 0) return `Nothing that is promised could be tried.${missing}`;
  return `${kept === 1 ? "The one promise that was tried was" : `All ${kept} promises that were tried were`} kept.${missing}`;
}

function whereAndWhen(report: Report): (readonly [string, string])[] {
  const tree = report.tree === undefined ? "" : ` with the tree ${report.tree}`;
  return [
    [
      "when",
      `<time datetime="${new Date(report.at).toISOString()}">${new Date(report.at).toISOString().slice(0, 16).replace("T", " ")} UTC</time>`,
    ],
    [
      "where",
      text(
        `${report.live ? "live on " : "on a copy of "}${report.machine}${tree}, systemd ${report.systemd}`,
      ),
    ],
    ...(report.environment === null ? [] : [["environment", text(report.environment)] as const]),
    [
      "took",
      text(
        `${describeDuration(report.millis)}${report.live ? "" : `; ready ${describeDuration(report.upMillis)} after the request`}`,
      ),
    ],
  ];
}

/** All of it at a glance, what is wrong first. */
function overview(outcomes: readonly Outcome[], id: string): string {
  if (outcomes.length === 0) return "";
  const rows = outcomes.map(
    (one, index) =>
      `<tr><td class="badge ${looks[one.verdict]}">${words[one.verdict]}</td><th scope="row"><a href="#${id}${index}">${text(nameOf(one))}</a></th><td class="time wide">${shownTime(one.detect)}</td><td class="time">${shownTime(one.recover)}</td></tr>`,
  );
  return `<h2>What was done, and what came of it</h2>
<table><thead><tr><th scope="col">verdict</th><th scope="col">fault</th><th scope="col" class="wide">noticed after</th><th scope="col">ready after</th></tr></thead><tbody>${rows.join("\n")}</tbody></table>`;
}

function section(one: Outcome, id: string): string {
  const told = one.told.map(({ severity, summary, to }) =>
    to.length === 0 ? `nobody; on record: ${summary}` : `${to.join(", ")}: ${severity}: ${summary}`,
  );
  const known: (readonly [string, string])[] = [
    ["promise", one.promise],
    ["from", one.because],
    ["noticed after", shownTime(one.detect)],
    ["ready after", shownTime(one.recover)],
    ["told", told.length === 0 ? "nobody" : told.join("; ")],
    ...(one.fix === null ? [] : [["to do", one.fix] as const]),
  ];
  return `<article id="${id}" aria-labelledby="${id}-name">
<h3 id="${id}-name">${text(nameOf(one))}</h3>
<p><span class="badge ${looks[one.verdict]}">${words[one.verdict]}</span>: ${text(one.says)}</p>
${timeline(one)}
${facts(known.filter(([, value]) => value !== "-").map(([name, value]) => [name, text(value)] as const))}
</article>`;
}

function nameOf({ service, title }: Outcome): string {
  return service === null ? title : `${service}: ${title}`;
}

function listed(what: string, some: Report["shortened"]): string[] {
  if (some.length === 0) return [];
  return [`${what}: ${some.map(({ key, from, to }) => `${key} ${from} to ${to}`).join(", ")}.`];
}

function footnotes(report: Report): string[] {
  const { shortened, standIns, upstreams, notYet, live, spec, limits } = report;
  return [
    ...(live ? [] : ["The copy had no network, and no secret of this machine unless it was granted."]),
    ...(limits === false
      ? ["Limits had no effect on this copy: the machine below it has version 1 control groups."]
      : []),
    ...listed(
      "Shortened, so that nobody waits",
      shortened.filter((one) => !one.longer),
    ),
    ...listed(
      "Longer, because the copy's processor is emulated",
      shortened.filter((one) => one.longer),
    ),
    ...(standIns.length === 0 ? [] : [`Stand-ins instead of live secrets: ${standIns.join(", ")}.`]),
    ...(upstreams ?? []).map(describeAsked),
    ...(Object.keys(notYet).length === 0
      ? []
      : [
          `What no rehearsal does yet: ${Object.entries(notYet)
            .map(([id, why]) => `${id} (${why})`)
            .join(", ")}.`,
        ]),
    `Evidence for the spec with SHA-256 ${spec}.`,
  ];
}
