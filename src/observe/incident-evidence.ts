import type { HealRow } from "../heal/heal-row.ts";
import { processesIn } from "../host/control-group.ts";
import type { Host } from "../host/host.ts";
import { textOf } from "../host/properties.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import type { Change } from "../store/changes.ts";
import type { Alert, Incident, IncidentEvent } from "../tell/incident.ts";
import type { EvidenceBundle } from "../tell/review-facts.ts";
import { shapesMask, type AppMask } from "./app-mask.ts";
import { boundedParts, type Part } from "./bounded-parts.ts";
import { bundlesDirectory, writeBundle } from "./evidence-bundle.ts";
import { checkFacts, configurationFacts, type KnownCheck } from "./evidence-facts.ts";
import { evidenceJson, withoutSecrets, type EvidenceText } from "./evidence-texts.ts";
import { hostFacts, topProcesses } from "./host-facts.ts";
import { incidentJournal } from "./incident-journal.ts";
import { leftOutNote } from "./masked-log.ts";
import { processFacts } from "./process-facts.ts";
import { groupFacts, unitFacts } from "./unit-facts.ts";
import { whatChanged } from "./what-changed.ts";

export { verifyEvidence } from "./evidence-bundle.ts";

export type IncidentEvidenceOptions = {
  stateDirectory: string;
  incident: Incident;
  /** What is in force; null when nothing is any more. */
  desired: Desired | null;
  generation: number | null;
  /** Those that it is about. */
  services: readonly DesiredService[];
  checks: readonly KnownCheck[];
  heals: readonly HealRow[];
  /** Of the application, newest first. */
  changes: readonly Change[];
  alerts: readonly Alert[];
  timeline: readonly IncidentEvent[];
  now: Date;
  /** null: nobody knows what must not be shown, and the words of programs are left out. */
  mask: AppMask | null;
};

/** For all that has to be found out; writing it down comes on top of it, within 5 s in all. */
const mostMillis = 4000;
/** Of each file; nine of them and the journal stay below 2 MiB. */
const mostBytes = 128 * 1024;

/**
 * Writes down what is to be seen of an incident now: the journal around it, units, processes, sockets, hashes of what is in
 * force, the host, results of checks (health at that moment), heals, what changed before, the timeline. A part that cannot
 * be had is named with the reason.
 */
export async function keepIncidentEvidence(
  host: Host,
  options: IncidentEvidenceOptions,
): Promise<EvidenceBundle> {
  const { stateDirectory, incident, now, mask } = options;
  const began = performance.now();
  const { found, missing } = await boundedParts(partsOf(host, options), mostMillis);
  if (mask === null) missing["words"] = leftOutNote;
  const texts: EvidenceText[] = [];
  const take = (text: EvidenceText | null, name: string): void => {
    if (text === null) missing[name] = "it is too large";
    else texts.push(text);
    if (text?.cut) missing[`${name} (a part)`] = text.cut;
  };
  const { journal, processes, ...facts } = found as { journal?: EvidenceText; processes?: Processes };
  if (journal) take(journal, "journal.txt");
  const all = { ...facts, ...(processes && separate(processes)) };
  for (const [name, value] of Object.entries(all))
    take(evidenceJson(`${name}.json`, value, maskFor(name, mask), mostBytes), `${name}.json`);
  if (processes === undefined && missing["processes"] !== undefined)
    missing["sockets"] = missing["processes"];
  const ordered = texts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return writeBundle(host.files, bundlesDirectory(stateDirectory, incident.app), ordered, {
    incident: incident.name,
    at: now.toISOString(),
    took: Math.round(performance.now() - began),
    // The reason of a failure may hold words of others.
    missing: withoutSecrets(missing, mask ?? shapesMask).facts,
  });
}

/** What changed is said by package managers and by us, and in no program's words. */
function maskFor(name: string, mask: AppMask | null): AppMask | null {
  return name === "changes" ? (mask ?? shapesMask) : mask;
}

function partsOf(host: Host, options: IncidentEvidenceOptions): Record<string, Part> {
  const { incident, desired, services, checks, heals, changes, alerts, timeline, now, mask } = options;
  const units = services.map(({ unit }) => unit);
  const groups = new Map(services.map((service) => [service, groupOf(host, service)]));
  return {
    journal: (signal) => incidentJournal(host, units, incident, now.getTime(), mask, signal),
    unit: () =>
      ofEach(services, async (service) => ({
        properties: await unitFacts(host, service.unit),
        controlGroup: await groupFacts(host, await groups.get(service)!),
      })),
    processes: (signal) =>
      ofEach(services, async (service) => {
        const pids = await processesIn(host.files, await groups.get(service)!);
        return processFacts(host, Promise.resolve(mask), pids, signal);
      }),
    configuration: () => configurationFacts(host, desired, options.generation, services),
    host: async () => {
      const [facts, most] = await Promise.all([
        hostFacts(host, desired?.directory ?? "/"),
        topProcesses(host),
      ]);
      return { ...(facts as object), mostMemory: most };
    },
    checks: async () => ({ at: now.toISOString(), ...checkFacts(checks) }),
    heals: async () => heals,
    changes: () => whatChanged(host, { changes, before: incident.opened }),
    timeline: async () => ({ incident, alerts, timeline }),
  };
}

type Processes = readonly {
  service: string;
  list?: readonly { pid: number; name: string; sockets: unknown }[];
}[];

/** Processes and their open sockets are found out together, and kept as two files. */
function separate(processes: Processes): { processes: unknown; sockets: unknown } {
  return {
    processes: processes.map((one) => ({
      ...one,
      list: one.list?.map((process) => ({ ...process, sockets: undefined })),
    })),
    sockets: processes.map(({ service, list }) => ({
      service,
      list: list?.map(({ pid, name, sockets }) => ({ pid, name, sockets })),
    })),
  };
}

async function groupOf(host: Host, { unit }: DesiredService): Promise<string> {
  return textOf(await host.systemd.properties(unit, ["ControlGroup"]), "ControlGroup");
}

function ofEach(
  services: readonly DesiredService[],
  facts: (service: DesiredService) => Promise<unknown>,
): Promise<unknown[]> {
  return Promise.all(
    services.map(async (service) => ({
      service: service.name,
      unit: service.unit,
      ...((await facts(service)) as object),
    })),
  );
}
