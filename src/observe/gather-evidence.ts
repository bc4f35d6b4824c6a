import type { HealRow } from "../heal/heal-row.ts";
import type { Host } from "../host/host.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import type { Changes } from "../store/changes.ts";
import type { WatchRecord } from "../store/watch.ts";
import type { Incident } from "../tell/incident.ts";
import type { EvidenceBundle } from "../tell/review-facts.ts";
import type { TellStore } from "../tell/telling.ts";
import type { AppMask } from "./app-mask.ts";
import type { KnownCheck } from "./evidence-facts.ts";
import { keepIncidentEvidence } from "./incident-evidence.ts";

/** What evidence is made with. */
export type EvidenceSources = {
  host: Host;
  stateDirectory: string;
  changes: Changes;
  watch: WatchRecord;
  store: Pick<TellStore, "incidents">;
  /** In force, and its number; null when nothing is any more. */
  desired: Desired | null;
  generation: number | null;
  /** null: nobody knows what must not be shown. */
  mask: AppMask | null;
};

/** Gathers evidence of an incident now, and puts that into its timeline with its hash. */
export async function gatherEvidence(
  sources: EvidenceSources,
  incident: Incident,
  who: string,
): Promise<EvidenceBundle> {
  const { host, stateDirectory, changes, watch, store, desired, generation, mask } = sources;
  const { id, app } = incident;
  const services = servicesOf(incident, desired);
  const checksOf = ({ name }: DesiredService): KnownCheck[] =>
    Object.entries(watch.checkStates(app, name)).map(([check, state]) => ({ service: name, check, state }));
  const bundle = await keepIncidentEvidence(host, {
    stateDirectory,
    incident,
    desired,
    generation,
    services,
    checks: services.flatMap(checksOf),
    heals: healsOf(sources, incident),
    changes: changes.list(app),
    alerts: store.incidents.alertsOf(id),
    timeline: store.incidents.timeline(id),
    now: new Date(),
    mask,
  });
  const { manifest, directory } = bundle;
  watch.together(() => {
    store.incidents.change(id, { evidence: directory });
    const says = `${manifest.files.length} files in ${directory}, SHA-256 of their list ${manifest.sha256}`;
    store.incidents.addEvent(id, Date.now(), "evidence", who, says);
  });
  return bundle;
}

/** The service that it is about, or all of the application. */
function servicesOf({ service }: Incident, desired: Desired | null): readonly DesiredService[] {
  const all = desired?.services ?? [];
  return service === null ? all : all.filter(({ name }) => name === service);
}

/** A heal may have been decided a little before anybody was to be told. */
const before = 60_000;

/** What was tried in the time of an incident, oldest first, with the services that it was about. */
export function healsOf(
  { watch, store, desired }: Pick<EvidenceSources, "watch" | "store" | "desired">,
  incident: Incident,
): HealRow[] {
  const { id, app, service, opened, resolved } = incident;
  const told = store.incidents.alertsOf(id).map((alert) => alert.service);
  const own = service === null ? servicesOf(incident, desired).map(({ name }) => name) : [];
  const names = new Set([service, ...told, ...own].filter((name) => name !== null));
  return [...names]
    .flatMap((name) => watch.heals.since(app, name, opened - before))
    .filter(({ at }) => at <= (resolved ?? Infinity))
    .toSorted((a, b) => a.at - b.at);
}
