import { describeDuration } from "../../value/duration.ts";
import { describeAsked } from "../asked-upstreams.ts";
import type { Moment, Outcome, Verdict } from "../outcome.ts";
import { countVerdicts, shownTime, type Report } from "../rehearse.ts";

const words: Readonly<Record<Verdict, string>> = {
  kept: "kept",
  broken: "BROKEN",
  gap: "not promised",
  "not-rehearsed": "not rehearsed",
};

/** The report as one page that needs nothing else: no script, no font, no address. Times on each picture begin with the fault. */
export function toHtml(report: Report): string {
  const done = report.outcomes.filter(({ verdict }) => verdict !== "not-rehearsed");
  const skipped = report.outcomes.filter(({ verdict }) => verdict === "not-rehearsed");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(report.app)}: rehearsed failures</title>
<style>
:root { color-scheme: light dark; --kept: #1a7f37; --broken: #cf222e; --gap: #9a6700; --dim: #6e7781; --line: #8884; }
@media (prefers-color-scheme: dark) { :root { --kept: #3fb950; --broken: #f85149; --gap: #d29922; --dim: #8b949e; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0 } h2 { font-size: 1.1rem; margin: 0 }
.dim, footer { color: var(--dim); font-size: .875rem }
section { border-top: 1px solid var(--line); padding: 1rem 0 }
.verdict { font-weight: 600 } .kept { color: var(--kept) } .broken { color: var(--broken) } .gap { color: var(--gap) }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif } svg text { fill: currentColor }
table { border-collapse: collapse; margin: 1rem 0 } td, th { text-align: left; padding: .1rem 1rem .1rem 0; font-weight: normal } th { color: var(--dim) }
td.verdict { font-weight: 600; white-space: nowrap } a { color: inherit }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: .5rem 0 } dt { color: var(--dim) } dd { margin: 0 }
</style>
<h1>${text(report.app)}: ${text(countVerdicts(report.outcomes))}</h1>
<p class="dim">${text(new Date(report.at).toISOString())} on ${report.live ? "" : "a copy of "}${text(report.machine)}, systemd ${text(report.systemd)}${report.environment === null ? "" : `, environment ${text(report.environment)}`}. ${report.live ? "A" : `Ready after ${describeDuration(report.upMillis)}; a`}ll of it took ${describeDuration(report.millis)}.</p>
${overview(done)}
${done.map(section).join("\n")}
${skipped.length === 0 ? "" : `<section><h2>Not rehearsed</h2><ul>${skipped.map(({ service, title, says }) => `<li>${text(service === null ? title : `${service}: ${title}`)} <span class="dim">${text(says)}</span></li>`).join("")}</ul></section>`}
<footer>
<p>${report.shortened.length === 0 ? "" : `Shortened for the rehearsal: ${text(report.shortened.map(({ key, from, to }) => `${key} ${from} to ${to}`).join(", "))}. `}${report.standIns.length === 0 ? "" : `Stand-ins instead of live secrets: ${text(report.standIns.join(", "))}. `}${report.live ? "" : "The copy had no network. "}Not rehearsable yet: ${text(
    Object.entries(report.notYet)
      .map(([id, why]) => `${id} (${why})`)
      .join(", "),
  )}.</p>
${(report.upstreams ?? []).map((one) => `<p>${text(describeAsked(one))}</p>`).join("\n")}
<p>Evidence for the spec with SHA-256 ${report.spec}.</p>
</footer>
</html>
`;
}

const order: readonly Verdict[] = ["broken", "gap", "kept"];

/** All of it on one screen, what is wrong first. */
function overview(outcomes: readonly Outcome[]): string {
  const rows = outcomes
    .map((one, index) => ({ one, index }))
    .toSorted((a, b) => order.indexOf(a.one.verdict) - order.indexOf(b.one.verdict) || a.index - b.index)
    .map(
      ({ one, index }) =>
        `<tr><td class="verdict ${one.verdict}">${words[one.verdict]}</td><td><a href="#f${index}">${text(one.service === null ? "" : `${one.service}: `)}${text(one.title)}</a></td><td>${shownTime(one.detect)}</td><td>${shownTime(one.recover)}</td></tr>`,
    );
  return `<table><thead><tr><th></th><th>what was done</th><th>seen after</th><th>ready after</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function section(one: Outcome, index: number): string {
  const facts: (readonly [string, string])[] = [
    ["promise", one.promise],
    ["declared by", one.because],
    ["seen after", shownTime(one.detect)],
    ["ready after", shownTime(one.recover)],
    [
      "told",
      one.told.length === 0
        ? "nobody"
        : one.told
            .map(
              ({ severity, summary, to }) =>
                `${severity}: ${summary}${to.length === 0 ? "" : ` (${to.join(", ")})`}`,
            )
            .join("; "),
    ],
    ...(one.fix === null ? [] : [["fix", one.fix] as const]),
  ];
  return `<section id="f${index}">
<h2>${text(one.service === null ? "" : `${one.service}: `)}${text(one.title)}</h2>
<p><span class="verdict ${one.verdict}">${words[one.verdict]}</span>: ${text(one.says)}</p>
${picture(one.timeline)}
<dl>${facts.map(([key, value]) => `<dt>${key}</dt><dd>${text(value)}</dd>`).join("")}</dl>
</section>`;
}

const width = 900;
const row = 18;

/** A line of time with what happened on it, in milliseconds since the fault. */
function picture(timeline: readonly Moment[]): string {
  if (timeline.length === 0) return "";
  const last = Math.max(1000, ...timeline.map(({ at }) => at));
  const x = (at: number) => 10 + (Math.max(0, at) / last) * (width - 320);
  const height = timeline.length * row + 24;
  const colors: Readonly<Record<Moment["kind"], string>> = {
    fault: "var(--broken)",
    state: "var(--dim)",
    told: "var(--gap)",
    check: "var(--kept)",
  };
  const marks = timeline.map(({ at, what, kind }, index) => {
    const y = 14 + index * row;
    return `<line x1="${x(at).toFixed(1)}" x2="${x(at).toFixed(1)}" y1="${y}" y2="${height - 16}" stroke="var(--line)"/><circle cx="${x(at).toFixed(1)}" cy="${y}" r="4" fill="${colors[kind]}"/><text x="${(x(at) + 8).toFixed(1)}" y="${y + 4}">${text(`${(at / 1000).toFixed(1)} s  ${what}`)}</text>`;
  });
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="what happened, over time"><line x1="10" x2="${width - 310}" y1="${height - 16}" y2="${height - 16}" stroke="currentColor"/>${marks.join("")}</svg>`;
}

function text(value: string): string {
  return value
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
