import { markdownCode, markdownList, markdownTable, markdownText as text } from "../value/markdown.ts";
import type { Incident, OutboxRow } from "./incident.ts";
import { answerSections, openQuestion } from "./review-answers.ts";
import type { EvidenceBundle, ReviewFacts } from "./review-facts.ts";
import { reviewTimes, span, utc } from "./review-times.ts";

/** More than this of one kind is counted, not listed. */
const mostRows = 200;
const mostChanged = 40;

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
    ["Timeline", timelineTable(facts)],
    ["Who was told", toldTable(facts)],
    ["Heals", healsTable(facts)],
    ["What changed before", changedList(facts)],
    ["Evidence", evidenceSection(facts)],
    ["Similar incidents", similarList(facts)],
    ["Duties", dutiesList(facts)],
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
  const over = recovered === null ? "not over" : utc(recovered);
  return markdownTable(
    ["", ""],
    [
      ["Severity", policy.label === severity ? severity : `${severity} (${text(policy.label)})`],
      ["Of", text(subjectOf(incident))],
      ["When", `${utc(began)} to ${over}`],
      ["Duration", recovered === null ? "not over" : span(began, recovered)],
      ["Opened by", text(incident.openedBy)],
      ["Alerts", alerts.length === 0 ? "none" : alerts.map(({ says }) => text(says)).join("; ")],
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

function timelineTable({ timeline }: ReviewFacts): string {
  if (timeline.length === 0) return "Nothing is on record.";
  const shown = timeline.slice(-mostRows);
  const table = markdownTable(
    ["When (UTC)", "What", "Who", "Words"],
    shown.map(({ at, kind, who, says }) => [utc(at).slice(0, 19), kind, text(who), text(says)]),
  );
  const left = timeline.length - shown.length;
  return left === 0 ? table : `The ${left} before are left out.\n\n${table}`;
}

function toldTable({ messages }: ReviewFacts): string {
  if (messages.length === 0) return "Nobody was told.";
  return markdownTable(
    ["To", "Message", "Made (UTC)", "Delivered (UTC)", "Took"],
    messages
      .slice(-mostRows)
      .map((row) => [
        text(row.target),
        `${row.kind} ${row.sequence}`,
        utc(row.created).slice(0, 19),
        row.sent === null ? notDelivered(row) : utc(row.sent).slice(0, 19),
        row.sent === null ? "" : span(row.created, row.sent),
      ]),
  );
}

function notDelivered({ status, why, lastError }: OutboxRow): string {
  const reason = why ?? lastError;
  return `${status}${reason === null ? "" : `: ${text(reason)}`}`;
}

function healsTable({ heals }: ReviewFacts): string {
  if (heals.length === 0) return "None was tried.";
  return markdownTable(
    ["When (UTC)", "What", "Why", "Who", "How it went"],
    heals
      .slice(-mostRows)
      .map(({ at, act, service, cause, why, who, outcome, detail }) => [
        utc(at).slice(0, 19),
        text(`${act} of ${service} for ${cause}`),
        text(why),
        text(who),
        text(`${outcome?.replaceAll("-", " ") ?? "under way"}${detail === null ? "" : `: ${detail}`}`),
      ]),
  );
}

function changedList({ changed }: ReviewFacts): string {
  if (changed.length === 0) return "Nothing that is on record.";
  const shown = changed.slice(-mostChanged).map(({ at, says }) => `${utc(at)}: ${text(says)}`);
  const left = changed.length - shown.length;
  return markdownList([...(left === 0 ? [] : [`${left} more before`]), ...shown]);
}

function evidenceSection({ evidence }: ReviewFacts): string {
  if (evidence.length === 0) return "None was gathered.";
  return evidence.map(bundleSection).join("\n\n");
}

function bundleSection({ directory, manifest }: EvidenceBundle): string {
  const { at, files, redactions, missing, sha256 } = manifest;
  const table = markdownTable(
    ["File", "Bytes", "SHA-256"],
    files.map(({ name, size, sha256: hash }) => [markdownCode(name), String(size), markdownCode(hash)]),
  );
  const lacks = Object.entries(missing).map(([part, why]) => `missing: ${text(part)}: ${text(why)}`);
  return [
    `${markdownCode(directory)}, gathered ${text(at)}, ${redactions} hidden, SHA-256 of the list ${markdownCode(sha256)}`,
    table,
    ...(lacks.length === 0 ? [] : [markdownList(lacks)]),
  ].join("\n\n");
}

function similarList({ similar }: ReviewFacts): string {
  if (similar.length === 0) return "None before.";
  return markdownList(
    similar.map(
      (one) =>
        `${one.name}, ${one.severity}, ${one.resolved === null ? "not over" : span(one.opened, one.resolved)}: ${text(one.title)}`,
    ),
  );
}

function dutiesList({ duties }: ReviewFacts): string {
  if (duties.length === 0) return "The policy has none.";
  return markdownList(
    duties.map(({ number, level, says, done, who }) => {
      const at = level === null ? "" : `${text(level)}: `;
      return `[${done === null ? " " : "x"}] ${number}. ${at}${text(says)}${done === null ? "" : ` (${text(who ?? "somebody")}, ${utc(done)})`}`;
    }),
  );
}
