import { createHash } from "node:crypto";
import { join } from "node:path";
import { heldFile } from "../compile/names.ts";
import { processesIn } from "../host/control-group.ts";
import type { Host } from "../host/host.ts";
import { textOf } from "../host/properties.ts";
import type { CheckState } from "../heal/check-state.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import type { HealRow } from "../heal/heal-row.ts";
import { boundedParts, type Part } from "./bounded-parts.ts";
import { readHealLog } from "./heal-log.ts";
import { hostFacts, topProcesses } from "./host-facts.ts";
import { processFacts } from "./process-facts.ts";
import { readMask } from "./secrets-in-text.ts";
import { groupFacts, unitFacts } from "./unit-facts.ts";

export type EvidenceOptions = {
  stateDirectory: string;
  row: HealRow;
  desired: Desired;
  service: DesiredService;
  checks: Readonly<Record<string, CheckState>>;
  now: Date;
};

/** In total, whatever hangs: what is being looked at hangs already. */
const mostMillis = 2000;
const mostBytes = 256 * 1024;
const mostKept = 50;

/**
 * Writes down what is to be seen of a service before it is ended, within 2 s and 256 KiB, for root alone; returns the path.
 * A part that cannot be had is named with the reason. Secrets of the service are masked in what it wrote and was started with.
 */
export async function keepHealEvidence(host: Host, options: EvidenceOptions): Promise<string> {
  const { stateDirectory, row } = options;
  const directory = evidenceDirectory(stateDirectory, row.app);
  const evidence = await gather(host, options);
  await host.files.makeDirectory(directory, 0o700);
  const path = join(directory, `heal-${row.id}.json`);
  await host.files.write(path, fit(evidence), { mode: 0o600 });
  await dropOldest(host, directory);
  return path;
}

export function evidenceDirectory(stateDirectory: string, app: string): string {
  return join(stateDirectory, "apps", app, "evidence");
}

async function gather(host: Host, options: EvidenceOptions): Promise<Evidence> {
  const { row, desired, service, checks, now } = options;
  const { id, app, unit, act, cause, why, check, who } = row;
  const began = performance.now();
  const group = host.systemd
    .properties(service.unit, ["ControlGroup"])
    .then((found) => textOf(found, "ControlGroup"));
  const hide = readMask(host, service).catch(() => null);
  const pids = group.then((path) => processesIn(host.files, path));
  const parts: Record<string, Part> = {
    unit: () => unitFacts(host, service.unit),
    processes: async (signal) => processFacts(host, hide, await pids, signal),
    controlGroup: async () => groupFacts(host, await group),
    log: (signal) => readHealLog(host, app, service.unit, hide, signal),
    host: () => hostFacts(host, desired.directory),
    topProcesses: () => topProcesses(host),
    held: async () => host.files.read(heldFile(options.stateDirectory, unit)),
  };
  const { found, missing } = await boundedParts(parts, mostMillis);
  return {
    version: 1,
    heal: { id, app, service: row.service, unit, act, cause, check, why, who, pid: row.pidBefore },
    at: now.toISOString(),
    took: Math.round(performance.now() - began),
    configuration: {
      environment: desired.environment,
      unitSha256: hashOfUnit(desired, service),
    },
    checks: Object.fromEntries(
      Object.entries(checks).map(([name, { verdict, since, last, lastAt }]) => [
        name,
        { verdict, since, lastAt, last: last && { ...last, kept: undefined } },
      ]),
    ),
    ...found,
    missing,
  };
}

/** Of the unit's file as it was applied, so that evidence of different days can be told to be of the same settings. */
function hashOfUnit({ artifacts }: Desired, { name }: DesiredService): string | null {
  const text = artifacts.find(({ service }) => service === name)?.text;
  return text === undefined ? null : createHash("sha256").update(text).digest("hex");
}

type Evidence = { [key: string]: unknown; missing: Readonly<Record<string, string>> };

/** Cut down until it fits: the oldest lines first, then processes and sockets. */
function fit(evidence: Evidence): string {
  const lists = ["log", "processes", "topProcesses"] as const;
  for (;;) {
    const text = `${JSON.stringify(evidence, (_key, value: unknown) => (typeof value === "bigint" ? Number(value) : value), 1)}\n`;
    if (Buffer.byteLength(text) <= mostBytes) return text;
    const longest = lists
      .map((name) => evidence[name])
      .filter((part): part is { list: unknown[]; cut?: number } => hasList(part) && part.list.length > 0)
      .toSorted((a, b) => JSON.stringify(b.list).length - JSON.stringify(a.list).length)[0];
    if (longest === undefined)
      return JSON.stringify({ heal: evidence["heal"], missing: { all: "it is too large" } });
    const dropped = Math.max(1, Math.floor(longest.list.length / 8));
    longest.list.splice(0, dropped);
    longest.cut = (longest.cut ?? 0) + dropped;
  }
}

function hasList(part: unknown): part is { list: unknown[] } {
  return typeof part === "object" && part !== null && Array.isArray((part as { list?: unknown }).list);
}

async function dropOldest(host: Host, directory: string): Promise<void> {
  const idOf = (name: string): number => Number(/^heal-(\d+)\.json$/.exec(name)?.[1] ?? Number.NaN);
  const kept = (await host.files.list(directory)).filter((name) => !Number.isNaN(idOf(name)));
  const old = kept.toSorted((a, b) => idOf(b) - idOf(a)).slice(mostKept);
  for (const name of old) await host.files.remove(join(directory, name));
}
