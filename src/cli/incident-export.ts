import { join } from "node:path";
import { shapesMask } from "../observe/app-mask.ts";
import { exportLines } from "../observe/logs/export-lines.ts";
import { exitCode } from "../report/diagnostic.ts";
import type { Files } from "../host/host.ts";
import type { EvidenceBundle } from "../tell/review-facts.ts";
import { reviewTimes } from "../tell/review-times.ts";
import { describeReview } from "../tell/review.ts";
import { statusMessage } from "../tell/status-message.ts";
import { printable } from "../value/printable.ts";
import { chooseIncident } from "./choose-incident.ts";
import { readReviewFacts, sourcesOf } from "./incident-facts.ts";
import type { Session } from "./session.ts";
import { shownFacts } from "./shown-facts.ts";

export type ExportOptions = {
  out?: string;
  force?: boolean;
  /** The review. */
  markdown?: boolean;
  /** A message for people outside. */
  status?: boolean;
};

/** holdfast incident export: all of an incident as one JSON, its review, or a message for outsiders; on stdout or into a file. */
export async function runIncidentExport(
  session: Session,
  name: string,
  options: ExportOptions = {},
): Promise<number> {
  const incident = chooseIncident(session, name);
  const sources = await sourcesOf(session, session.record()!, incident.app);
  const facts = shownFacts(await readReviewFacts(sources, incident), sources.mask);
  if (options.status) {
    const { impact } = facts.answers;
    const message = statusMessage(
      facts.incident,
      impact === undefined ? null : printable(impact),
      Date.now(),
    );
    if (impact === undefined)
      session.out.note(
        `It does not say what is affected: holdfast incident review ${incident.name} --impact TEXT`,
      );
    return give(session, options, { incident: incident.name, message }, message);
  }
  if (options.markdown) {
    const document = describeReview(facts);
    return give(session, options, { incident: incident.name, document }, document);
  }
  const evidence = await Promise.all(facts.evidence.map((bundle) => withTexts(sources.host.files, bundle)));
  const words = sources.mask ?? shapesMask;
  const value = { ...facts, title: words(incident.title), times: reviewTimes(facts), evidence };
  return give(session, options, value, JSON.stringify(value, null, 2));
}

/** As they were written, so that they can be held against their hashes: secrets were taken out then. */
async function withTexts(files: Files, bundle: EvidenceBundle): Promise<object> {
  const texts = await Promise.all(
    bundle.manifest.files.map(async ({ name }) => {
      const text = name.includes("/")
        ? null
        : await files.read(join(bundle.directory, name)).catch(() => null);
      return [name, text] as const;
    }),
  );
  return { ...bundle, texts: Object.fromEntries(texts) };
}

async function give(
  session: Session,
  { out, force }: ExportOptions,
  value: object,
  text: string,
): Promise<number> {
  if (out === undefined) {
    session.out.result(value, text);
    return exitCode.done;
  }
  async function* lines(): AsyncGenerator<string> {
    yield text;
  }
  await exportLines(lines(), out, { replace: force ?? false });
  session.out.result({ file: out }, `${out}, for its owner alone`);
  return exitCode.done;
}
