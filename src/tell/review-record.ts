import { markdownCode, markdownList, markdownTable, markdownText as text } from "../value/markdown.ts";
import type { OutboxRow } from "./incident.ts";
import type { EvidenceBundle, ReviewFacts } from "./review-facts.ts";
import { span, utc } from "./review-times.ts";

/** More than this of one kind is counted, not listed. */
const mostRows = 200;
const mostChanged = 40;

/** What is on record of an incident, each kind in a section of its own. */
export function recordSections(facts: ReviewFacts): (readonly [title: string, body: string])[] {
  return [
    ["Timeline", timelineTable(facts)],
    ["Who was told", toldTable(facts)],
    ["Heals", healsTable(facts)],
    ["What changed before", changedList(facts)],
    ["Evidence", evidenceSection(facts)],
    ["Similar incidents", similarList(facts)],
    ["Duties", dutiesList(facts)],
  ];
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
