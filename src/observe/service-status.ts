import { findMismatches, propertiesFor } from "../compile/effective.ts";
import type { Host, Properties } from "../host/host.ts";
import { endingOf, limitOf, listOf, numberOf, textOf } from "../host/properties.ts";
import { explainUnitFailure } from "../explain-failure/read-failure.ts";
import { explainUnit, explainedProperties } from "../explain-failure/unit-ending.ts";
import type { DesiredService } from "../plan/desired.ts";
import type { Generation } from "../store/generations.ts";

export type ServiceStatus = {
  app: string;
  environment: string | null;
  generation: number;
  service: string;
  unit: string;
  active: string;
  sub: string;
  enabled: string;
  /** Milliseconds since the epoch of the last change of state. */
  sinceMillis: number | null;
  pid: number | null;
  /** Restarts by systemd since the last deliberate start. */
  restarts: number;
  memory: number | null;
  memoryMax: number | null;
  cpuSeconds: number | null;
  /** Percent of one core. */
  cpuQuota: number | null;
  tasks: number | null;
  tasksMax: number | null;
  result: string;
  /** How it ended, in words, when it is not running. */
  explanation: string | null;
  /** What is in force but not what was applied. */
  drift: readonly string[];
};

const shown = [
  "ActiveState",
  "SubState",
  "UnitFileState",
  "StateChangeTimestamp",
  "MainPID",
  "NRestarts",
  "MemoryCurrent",
  "MemoryMax",
  "CPUUsageNSec",
  "CPUQuotaPerSecUSec",
  "TasksCurrent",
  "TasksMax",
  ...explainedProperties,
  "DropInPaths",
  "NeedDaemonReload",
  "FragmentPath",
];

/** What a service does now, and where it differs from what was applied. */
export async function readServiceStatus(
  host: Host,
  app: string,
  generation: Generation,
  service: DesiredService,
): Promise<ServiceStatus> {
  const artifact = generation.desired.artifacts.find((candidate) => candidate.unit === service.unit)!;
  const [found, text] = await Promise.all([
    host.systemd.properties(service.unit, [...shown, ...propertiesFor(artifact.directives)]),
    host.files.read(artifact.path),
  ]);
  const ending = endingOf(found);
  const active = textOf(found, "ActiveState");
  const since = numberOf(found, "StateChangeTimestamp");
  const quota = limitOf(found, "CPUQuotaPerSecUSec");
  const cpu = limitOf(found, "CPUUsageNSec");
  return {
    app,
    environment: generation.desired.environment,
    generation: generation.number,
    service: service.name,
    unit: service.unit,
    active,
    sub: textOf(found, "SubState"),
    enabled: textOf(found, "UnitFileState"),
    sinceMillis: since === 0 ? null : since / 1000,
    pid: numberOf(found, "MainPID") || null,
    restarts: numberOf(found, "NRestarts"),
    memory: limitOf(found, "MemoryCurrent"),
    memoryMax: limitOf(found, "MemoryMax"),
    cpuSeconds: cpu === null ? null : cpu / 1e9,
    cpuQuota: quota === null ? null : quota / 10_000,
    tasks: limitOf(found, "TasksCurrent"),
    tasksMax: limitOf(found, "TasksMax"),
    result: ending.result,
    explanation: active === "active" ? null : await explain(host, service, found),
    drift: describeDrift(found, text, artifact),
  };
}

/** One that has failed is worth a look at what it failed for. */
async function explain(host: Host, { unit }: DesiredService, found: Properties): Promise<string> {
  const failed = textOf(found, "Result") !== "success";
  return (failed ? await explainUnitFailure(host, unit) : explainUnit(found)).sentence;
}

function describeDrift(
  found: Properties,
  text: string | null,
  artifact: Generation["desired"]["artifacts"][number],
): string[] {
  const drift: string[] = [];
  if (text === null) drift.push(`${artifact.path} is gone`);
  else if (text !== artifact.text) drift.push(`${artifact.path} was changed by hand`);
  for (const dropIn of listOf(found, "DropInPaths")) drift.push(`changed from outside by ${dropIn}`);
  if (found["NeedDaemonReload"] === true) drift.push("files have changed and systemd has not read them");
  for (const { key, found: is, meant } of findMismatches(artifact.directives, found))
    drift.push(`${key}= is ${is}, not ${meant}`);
  return drift;
}
