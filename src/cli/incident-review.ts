import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import type { Incident } from "../tell/incident.ts";
import { missingForClose, type MissingAnswer } from "../tell/review-close.ts";
import type { ReviewFacts } from "../tell/review-facts.ts";
import { describeReview } from "../tell/review.ts";
import { utcDay } from "../tell/review-times.ts";
import { printable } from "../value/printable.ts";
import { chooseIncident } from "./choose-incident.ts";
import { readReviewFacts, sourcesOf } from "./incident-facts.ts";
import { readActions, readAnswers, readDone, readNextReview } from "./read-review.ts";
import type { ReviewOptions } from "./review-options.ts";
import type { Session, StateRecord } from "./session.ts";
import { shownFacts } from "./shown-facts.ts";

/** holdfast incident review: prints the review of an incident, takes what people say of it, and closes it when it is complete. */
export async function runIncidentReview(
  session: Session,
  name: string,
  options: ReviewOptions,
): Promise<number> {
  const writes = Object.values(options).some((value) => value !== undefined);
  if (!writes) return show(session, chooseIncident(session, name));
  await session.assertMayChange("write a review", `incident review ${name}`);
  const record = session.writableRecord();
  const incident = chooseIncident(session, name);
  const taken = write(session, record, incident, options);
  const facts = await readFacts(session, record, incident);
  const missing = missingForClose(facts);
  if (options.close) close(session, record, incident, missing);
  const { reviewed } = record.teller.store.incidents.get(incident.id)!;
  const said = taken.length === 0 ? [] : [`On record: ${taken.map(printable).join("; ")}`];
  const left = missing.map(({ field, option }) => `${field}${option === null ? "" : ` (${option})`}`);
  const state =
    reviewed !== null
      ? `The review of ${incident.name} is closed.`
      : left.length === 0
        ? `Complete: holdfast incident review ${incident.name} --close`
        : `Still missing: ${left.join("; ")}`;
  session.out.result(
    { incident: incident.name, taken, missing, reviewed, review: facts },
    [...said, state].join("\n"),
  );
  return exitCode.done;
}

async function show(session: Session, incident: Incident): Promise<number> {
  const facts = await readFacts(session, session.record()!, incident);
  const document = describeReview(facts);
  session.out.result(
    { incident: incident.name, review: facts, missing: missingForClose(facts), document },
    document,
  );
  return exitCode.done;
}

async function readFacts(session: Session, record: StateRecord, incident: Incident): Promise<ReviewFacts> {
  const sources = await sourcesOf(session, record, incident.app);
  return shownFacts(await readReviewFacts(sources, incident), sources.mask);
}

/** All that was typed, or nothing of it; each answer is in the timeline with who gave it. Returns what was taken. */
function write(
  { who }: Session,
  { watch, teller }: StateRecord,
  { id }: Incident,
  options: ReviewOptions,
): string[] {
  const { incidents, reviews } = teller.store;
  const now = Date.now();
  const taken: string[] = [];
  const say = (says: string): void => {
    taken.push(says);
    incidents.addEvent(id, now, "note", who, `review: ${says}`);
  };
  watch.together(() => {
    const given = readAnswers(options);
    const answers = Object.keys(given).length === 0 ? reviews.answers(id) : reviews.mergeAnswers(id, given);
    for (const [field, value] of Object.entries(given))
      say(`${wordsOf(field)}: ${[value].flat().join("; ")}`);
    for (const action of readActions(options, answers)) {
      reviews.addAction({ incident: id, ...action });
      say(`action for ${action.owner} by ${utcDay(action.due)}: ${action.says}`);
    }
    for (const action of readDone(options, reviews.actions(id)))
      if (reviews.endAction(action.id, who, now)) say(`action of ${action.owner} is done: ${action.says}`);
    const next = readNextReview(options);
    if (next !== undefined) {
      reviews.setNextReview(id, next);
      say(`next review ${utcDay(next)}`);
    }
  });
  return taken;
}

/** preventMonitoring becomes "prevent monitoring". */
function wordsOf(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function close(
  { who }: Session,
  { watch, teller }: StateRecord,
  { id, name, reviewed }: Incident,
  missing: readonly MissingAnswer[],
): void {
  if (missing.length > 0)
    throw new HoldfastError(
      missing.map(({ field, option }) => ({
        severity: "error",
        code: "incident/review-incomplete",
        summary: `Cannot close the review of ${name}: ${option === null ? "the incident is not over" : `${field} is missing`}`,
        fix:
          option === null
            ? `sudo holdfast incident resolve ${name} --reason TEXT`
            : `sudo holdfast incident review ${name} ${option}`,
      })),
    );
  if (reviewed !== null) return;
  const now = Date.now();
  watch.together(() => {
    teller.store.incidents.change(id, { reviewed: now });
    teller.store.incidents.addEvent(id, now, "reviewed", who, "the review is complete");
  });
}
