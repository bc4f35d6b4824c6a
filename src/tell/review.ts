import { markdownTable, markdownText as text } from "../value/markdown.ts";
import type { Incident } from "./incident.ts";
import { answerSections, openQuestion } from "./review-answers.ts";
import type { ReviewFacts } from "./review-facts.ts";
import { recordSections } from "./review-record.ts";
import { reviewTimes, span, utc } from "./review-times.ts";

const mostAlerts = 10;

/** The review of an incident in Markdown: all that is on record, and what people say of it or are still to be asked. */
export function describeReview(facts: ReviewFacts): string {
  const sections: (readonly [title: string, body: string])[] = [
    [
      "Impact",
      facts.answers.impact === undefined
        ? openQuestion("Who noticed what, and for how long?")
        : text(facts.answers.impact),
    ],
    ["Times", timesTable(facts)],
    ...recordSections(facts),
    ...answerSections(facts),
  ];
  return [
    `# ${facts.incident.name}: ${text(facts.incident.title)}`,
    summaryTable(facts),
    ...sections.map(([title, body]) => `## ${title}\n\n${body}`),
  ].join("\n\n");
}

function summaryTable(facts: ReviewFacts): string {
  const { incident, alerts } = facts;
  const { began, recovered } = reviewTimes(facts);
  const { severity, policy } = incident;
  const said = [...new Set(alerts.map(({ says }) => text(says)))];
  const more = said.length > mostAlerts ? [`and ${said.length - mostAlerts} more`] : [];
  // Nobody looked any more: then nobody knows when it ended.
  const end = incident.resolved === null ? "not over" : "not known";
  return markdownTable(
    ["", ""],
    [
      ["Severity", policy.label === severity ? severity : `${severity} (${text(policy.label)})`],
      ["Of", text(subjectOf(incident))],
      [
        "When",
        recovered === null ? `${utc(began)}, the end is ${end}` : `${utc(began)} to ${utc(recovered)}`,
      ],
      ["Duration", recovered === null ? end : span(began, recovered)],
      ["Opened by", text(incident.openedBy)],
      ["Alerts", said.length === 0 ? "none" : [...said.slice(0, mostAlerts), ...more].join("; ")],
      ["End", endOf(incident)],
      ["Review", incident.reviewed === null ? "open" : `closed ${utc(incident.reviewed)}`],
    ],
  );
}

function subjectOf({ app, service }: Incident): string {
  return service === null ? app : `${app}/${service}`;
}

function endOf({ outcome, resolvedBy, state }: Incident): string {
  if (outcome === null) return state;
  const words = {
    recovered: "recovered",
    "self-healed": "healed by itself",
    "by-hand": "called over",
    "no-data": "no data",
  };
  return `${words[outcome]}${resolvedBy === null ? "" : `, by ${text(resolvedBy)}`}`;
}

function timesTable(facts: ReviewFacts): string {
  const { began, detected, told, answered, resolved, recovered } = reviewTimes(facts);
  const row = (name: string, at: number | null, adds = ""): string[] => [
    name,
    at === null ? "not on record" : `${utc(at)}${adds === "" ? "" : `, ${text(adds)}`}`,
    at === null || at <= began ? "" : span(began, at),
  ];
  return markdownTable(
    ["", "When", "After the beginning"],
    [
      row("Beginning", began),
      row("Detection", detected),
      row("First message delivered", told),
      row("Response", answered?.at ?? null, answered?.who),
      row("Resolution", resolved?.at ?? null, resolved?.how),
      row("Recovery, shown to be good", recovered),
    ],
  );
}
