import type { ReviewFacts } from "./review-facts.ts";

/** What is missing, and the option of `holdfast incident review` that gives it; null: none does. */
export type MissingAnswer = { field: string; option: string | null };

const wanted: readonly (readonly [
  field: string,
  option: string,
  isThere: (facts: ReviewFacts) => boolean,
])[] = [
  ["the cause", '--cause "..."', ({ answers }) => isSaid(answers.cause)],
  ["the impact", '--impact "..."', ({ answers }) => isSaid(answers.impact)],
  [
    "an action (or why none is needed)",
    '--action "OWNER: TEXT by YYYY-MM-DD", or --no-action "..."',
    ({ answers, actions }) => actions.length > 0 || isSaid(answers.noAction),
  ],
  ["who took part", "--attendee NAME", ({ answers }) => (answers.attendees ?? []).some(isSaid)],
  ["the date of the next review", "--next-review YYYY-MM-DD", ({ nextReview }) => nextReview !== null],
];

/** What a review still needs before it can be closed: everything for critical and error, one line for anything less. */
export function missingForClose(facts: ReviewFacts): MissingAnswer[] {
  const { severity, resolved } = facts.incident;
  const ended: MissingAnswer[] = resolved === null ? [{ field: "its end", option: null }] : [];
  if (severity !== "critical" && severity !== "error") {
    const { note, cause, impact, noAction } = facts.answers;
    const said = [note, cause, impact, noAction].some(isSaid);
    return said ? ended : [...ended, { field: "a note", option: '--note "..."' }];
  }
  const missing = wanted.filter(([, , isThere]) => !isThere(facts));
  return [...ended, ...missing.map(([field, option]) => ({ field, option }))];
}

function isSaid(answer: string | undefined): boolean {
  return answer !== undefined && answer.trim() !== "";
}
