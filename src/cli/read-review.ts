import { parseIsoDate } from "../calendar/iso-date.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { preventionPoints } from "../tell/review-answers.ts";
import type { ReviewAction, ReviewAnswers } from "../tell/review-facts.ts";
import type { ReviewOptions } from "./review-options.ts";

/** Which answer an option gives. */
const fields = {
  cause: "cause",
  impact: "impact",
  why: "why",
  note: "note",
  noAction: "noAction",
  factor: "factors",
  well: "well",
  wrong: "wrong",
  improve: "improve",
  lesson: "lessons",
  training: "training",
  attendee: "attendees",
  preventMonitoring: "preventMonitoring",
  preventProcess: "preventProcess",
  preventTechnical: "preventTechnical",
} as const satisfies Partial<Record<keyof ReviewOptions, keyof ReviewAnswers>>;

/** What was typed; nothing of it is empty. */
export function readAnswers(options: ReviewOptions): ReviewAnswers {
  const given = (Object.keys(fields) as (keyof typeof fields)[]).flatMap((option) => {
    const value = options[option];
    if (value === undefined) return [];
    const words = [value].flat();
    if (words.some((word) => word.trim() === ""))
      throw wrong(`an empty --${dashed(option)}`, "say it in a sentence");
    return [[fields[option], typeof value === "string" ? value.trim() : words.map((word) => word.trim())]];
  });
  return Object.fromEntries(given) as ReviewAnswers;
}

type NewAction = Pick<ReviewAction, "owner" | "says" | "due">;

/** "anna: set a limit by 2026-12-10"; of "anna: P2 by 2026-12-10" the words are those of the second point of prevention. */
export function readActions(options: ReviewOptions, answers: ReviewAnswers): NewAction[] {
  const points = preventionPoints(answers);
  return (options.action ?? []).map((written) => {
    const [, owner, words, date] = /^([^:]+):(.+) by (\S+)$/s.exec(written.trim()) ?? [];
    const says = words?.trim() ?? "";
    if (owner === undefined || date === undefined || owner.trim() === "" || says === "")
      throw wrong(`the action "${written}"`, '--action "anna: set a limit by 2026-12-10"');
    const point = /^P(\d+)$/.exec(says)?.[1];
    if (point !== undefined && points[Number(point) - 1] === undefined)
      throw wrong(
        `the point ${says}: there are ${points.length} points of prevention`,
        "give them with --prevent-technical, --prevent-process or --prevent-monitoring",
      );
    return {
      owner: owner.trim(),
      says: point === undefined ? says : points[Number(point) - 1]!,
      // Done in time means by the end of the day.
      due: readDate(date, "--action") + 86_400_000 - 1,
    };
  });
}

/** The day of a further review, at its beginning; undefined when none was typed. */
export function readNextReview({ nextReview }: ReviewOptions): number | undefined {
  return nextReview === undefined ? undefined : readDate(nextReview, "--next-review");
}

/** Actions that are done, by their numbers. */
export function readDone({ done = [] }: ReviewOptions, actions: readonly ReviewAction[]): ReviewAction[] {
  return done.map((written) => {
    const action = /^\d+$/.test(written) ? actions[Number(written) - 1] : undefined;
    if (action === undefined)
      throw wrong(
        `the action number "${written}"`,
        actions.length === 0 ? "there are no actions yet" : `--done 1 to --done ${actions.length}`,
      );
    return action;
  });
}

function readDate(text: string, option: string): number {
  const date = parseIsoDate(text);
  if (date.ok) return Date.parse(`${date.value}T00:00:00Z`);
  throw wrong(`the date "${text}" of ${option}`, "a date that exists, such as 2026-12-10");
}

function wrong(what: string, fix: string): HoldfastError {
  return new HoldfastError(
    { severity: "error", code: "usage/bad-answer", summary: `Cannot take ${what}`, fix },
    exitCode.usage,
  );
}

function dashed(option: string): string {
  return option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
