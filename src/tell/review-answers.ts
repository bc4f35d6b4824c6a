import { markdownList, markdownTable, markdownText as text } from "../value/markdown.ts";
import type { ReviewAction, ReviewAnswers, ReviewFacts } from "./review-facts.ts";
import { utcDay } from "./review-times.ts";

const day = 86_400_000;

type Section = readonly [title: string, body: string];

/** What people say of an incident, each with a question while it is open. */
export function answerSections(facts: ReviewFacts): Section[] {
  const { answers, nextReview } = facts;
  const said = (answer: string | undefined, question: string): string =>
    answer === undefined ? openQuestion(question) : text(answer);
  const list = (points: readonly string[] | undefined, question: string): string =>
    points === undefined || points.length === 0 ? openQuestion(question) : markdownList(points.map(text));
  return [
    ...(answers.note === undefined ? [] : [["Note", text(answers.note)] as const]),
    ["Cause", said(answers.cause, "What was the cause?")],
    ["Contributing factors", list(answers.factors, "What made it possible, worse or longer?")],
    ["Why", said(answers.why, "Why could it happen, and why was it not prevented?")],
    ["What went well", list(answers.well, "What helped?")],
    ["What went wrong", list(answers.wrong, "What was missing, slow or confusing?")],
    ["Improvements", list(answers.improve, "What is to be better next time?")],
    ["Actions", actionsSection(facts)],
    ["Prevention", preventionSection(answers)],
    ["Lessons", list(answers.lessons, "What do we know now?")],
    ["Training needs", list(answers.training, "Who needs to learn what?")],
    ["Attendees", list(answers.attendees, "Who took part in this review?")],
    ["Next review", nextReview === null ? openQuestion("When is it looked at again?") : utcDay(nextReview)],
  ];
}

/** A question that nobody has answered yet. */
export function openQuestion(question: string): string {
  return `*Open: ${question}*`;
}

/** Counted from the end of the incident. */
const terms: readonly (readonly [title: string, within: number])[] = [
  ["Immediate", 2 * day],
  ["Within a week", 8 * day],
  ["Within a month", 32 * day],
  ["Long term", Infinity],
];

function actionsSection({ actions, answers, incident }: ReviewFacts): string {
  const none = answers.noAction === undefined ? [] : [`No action is needed: ${text(answers.noAction)}`];
  if (actions.length === 0) return none[0] ?? openQuestion("Who does what, by when?");
  const end = incident.resolved ?? incident.opened;
  const termOf = ({ due }: ReviewAction): string => terms.find(([, within]) => due - end <= within)![0];
  const tables = terms.flatMap(([title]) => {
    const rows = actions.flatMap((action, index) =>
      termOf(action) === title ? [rowOf(action, index + 1)] : [],
    );
    if (rows.length === 0) return [];
    return [`### ${title}\n\n${markdownTable(["", "Owner", "Action", "Due", "Done"], rows)}`];
  });
  return [...none, ...tables].join("\n\n");
}

function rowOf({ owner, says, due, done, doneBy }: ReviewAction, number: number): string[] {
  const state = done === null ? "no" : `${utcDay(done)}, ${text(doneBy ?? "somebody")}`;
  return [String(number), text(owner), text(says), utcDay(due), state];
}

/** The points of prevention in their order: "P1" and so on, by which an action is made of one. */
export function preventionPoints(answers: ReviewAnswers): string[] {
  return preventions.flatMap(([, field]) => answers[field] ?? []);
}

const preventions = [
  ["Monitoring", "preventMonitoring"],
  ["Process", "preventProcess"],
  ["Technical", "preventTechnical"],
] as const;

function preventionSection(answers: ReviewAnswers): string {
  const points = preventionPoints(answers);
  return preventions
    .map(([title, field]) => {
      const own = answers[field] ?? [];
      const listed = own.map((point) => `P${points.indexOf(point) + 1}: ${text(point)}`);
      const body = own.length === 0 ? openQuestion("What would have prevented it?") : markdownList(listed);
      return `### ${title}\n\n${body}`;
    })
    .join("\n\n");
}
