import type { Host } from "../host/host.ts";
import { readAppMask } from "../observe/app-mask.ts";
import { bundlesDirectory, listBundles } from "../observe/evidence-bundle.ts";
import { healsOf, type EvidenceSources } from "../observe/gather-evidence.ts";
import { whatChanged } from "../observe/what-changed.ts";
import { dutiesToAdd } from "../tell/duties.ts";
import type { Incident } from "../tell/incident.ts";
import type { Changed, EvidenceBundle, ReviewFacts } from "../tell/review-facts.ts";
import type { TellStore } from "../tell/telling.ts";
import type { Session, StateRecord } from "./session.ts";

/** What evidence and reviews are made with. */
export type IncidentSources = EvidenceSources & { store: TellStore };

export async function sourcesOf(
  session: Session,
  { teller, changes, watch }: StateRecord,
  app: string,
): Promise<IncidentSources> {
  const host = await session.host();
  const current = await session.currentGeneration(app);
  const desired = current?.desired ?? null;
  return {
    host,
    stateDirectory: session.stateDirectory,
    changes,
    watch,
    store: teller.store,
    desired,
    generation: current?.number ?? null,
    mask: await readAppMask(host, desired, desired?.notifier?.secrets ?? []),
  };
}

/** All that a review is made of, with secrets still in it: see shownFacts. */
export async function readReviewFacts(sources: IncidentSources, incident: Incident): Promise<ReviewFacts> {
  const { host, stateDirectory, store, changes } = sources;
  const { incidents, outbox, reviews } = store;
  const { id, app, name, opened } = incident;
  const evidence = await listBundles(host.files, bundlesDirectory(stateDirectory, app), name);
  const duties = reviews.duties(id);
  return {
    incident,
    alerts: incidents.alertsOf(id),
    timeline: incidents.timeline(id),
    messages: outbox.ofIncident(id),
    heals: healsOf(sources, incident),
    changed:
      (await keptChanges(host, evidence)) ??
      (await whatChanged(host, { changes: changes.list(app), before: opened })),
    similar: incidents.similar(incident),
    evidence,
    // Those that nobody has put on record yet are duties all the same.
    duties: [...duties, ...dutiesToAdd(incident.policy, duties)],
    answers: reviews.answers(id),
    actions: reviews.actions(id),
    nextReview: reviews.nextReview(id),
  };
}

/** As they were found out at the time: logs of packages and boots are not kept for ever. */
async function keptChanges(host: Host, evidence: readonly EvidenceBundle[]): Promise<Changed[] | null> {
  for (const { directory } of evidence) {
    try {
      const text = await host.files.read(`${directory}/changes.json`);
      if (text !== null) return JSON.parse(text) as Changed[];
    } catch {
      // It was changed by somebody, which --verify tells.
    }
  }
  return null;
}
