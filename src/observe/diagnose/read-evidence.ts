import { checkEnv } from "../../apply/preflight-env.ts";
import { logNamespace } from "../../compile/names.ts";
import type { Host, Properties } from "../../host/host.ts";
import { readJournal } from "../../host/journal.ts";
import type { JournalEntry } from "../../host/journal-entry.ts";
import { textOf } from "../../host/properties.ts";
import { explainCause } from "../../explain-failure/explain-failure.ts";
import { failureProperties } from "../../explain-failure/failure-properties.ts";
import { readFailureFacts } from "../../explain-failure/read-failure.ts";
import { explainedProperties } from "../../explain-failure/unit-ending.ts";
import type { Voice } from "../../explain-failure/voice.ts";
import type { Intent } from "../../plan/change.ts";
import type { Desired, DesiredService } from "../../plan/desired.ts";
import type { GiveUp } from "../../store/records.ts";
import { readLogs } from "../logs/read-logs.ts";
import { isFromSystemd } from "../logs/log-line.ts";
import type { LogLine } from "../logs/log-source.ts";
import { mergeInOrder } from "../logs/merge.ts";
import { messageId } from "../message-ids.ts";
import { readHidden } from "../secrets-in-text.ts";
import { makeRedact } from "../../value/redact.ts";
import { findFileTrouble } from "../../explain-failure/file-trouble.ts";
import type { UnitName } from "../../value/unit-name.ts";
import type { Cause, Deed, Evidence, Failure } from "./diagnosis.ts";
import { readKernelLog, type KernelLog } from "./kernel-kills.ts";
import type { WatchedEvidence } from "./watched-evidence.ts";
import { readUse } from "./use.ts";

/** What a diagnosis asks systemd for. */
export const diagnosedProperties = [
  ...explainedProperties,
  "ActiveState",
  "SubState",
  "LoadState",
  "LoadError",
  "StateChangeTimestamp",
  "NRestarts",
  "Restart",
  "StartLimitBurst",
  "StartLimitIntervalUSec",
  "ControlGroup",
  "MemoryCurrent",
  "MemoryMax",
  "CPUQuotaPerSecUSec",
  "TasksCurrent",
  "TasksMax",
];

/** Enough for a thousand runs; a service that ends more often than that within the time asked for is described by the last of them. */
const mostEntries = 8000;

/** A kill by the kernel belongs to the end that is nearest in time, so ends a little earlier are looked at too; microseconds. */
const earlier = 60e6;

/** What the record says about a service. */
export type Recorded = {
  intent: Intent | null;
  giveUps: readonly GiveUp[];
  deeds: readonly Deed[];
  watched?: WatchedEvidence | null;
};

/** What is the same for all services of a diagnosis, and read once. */
export type Surroundings = { now: number; since: number; kernel: KernelLog; closings: readonly number[] };

export async function readSurroundings(host: Host, now: number, since: number): Promise<Surroundings> {
  const [kernel, closings] = await Promise.all([readKernelLog(host, since), readClosings(host, since)]);
  return { now, since, kernel, closings };
}

/** Gathers all that a diagnosis of one service is made of. It only looks. */
export async function readEvidence(
  host: Host,
  desired: Desired,
  service: DesiredService,
  recorded: Recorded,
  around: Surroundings,
  lines: number,
): Promise<Evidence> {
  const namespace = host.scope === "system" ? logNamespace(desired.app) : null;
  const [properties, entries, log] = await Promise.all([
    host.systemd.properties(service.unit, diagnosedProperties),
    readSaid(host, namespace, service.unit, around.since),
    readLastLines(host, desired, service, lines),
  ]);
  return {
    app: desired.app,
    service: service.name,
    unit: service.unit,
    job: service.job !== null,
    ...around,
    properties,
    entries,
    failure: await readFailure(host, service.unit, properties),
    use: await readUse(host, textOf(properties, "ControlGroup")),
    troubles: await readTroubles(host, desired, service, properties),
    log,
    ...recorded,
  };
}

/** One that has failed, or that waits to be started again after it has. */
export async function readFailure(
  host: Host,
  unit: UnitName,
  properties: Properties,
  voice: Voice = "spec",
): Promise<Failure | null> {
  const result = textOf(properties, "Result");
  if (textOf(properties, "ActiveState") === "active" || result === "success" || result === "") return null;
  const found = await host.systemd.properties(unit, failureProperties);
  const facts = await readFailureFacts(host, unit, found, voice);
  // The refusal of another start is an end of its own here: this is about the run before it.
  const { directive, ending } = facts.command;
  return { directive, ending, explanation: explainCause(facts) };
}

/**
 * systemd's messages. They are in the default journal, where the service itself writes nothing in system scope; but
 * what systemd says when it cannot run the program is in the journal of the application, because it is there by then.
 */
export async function readSaid(
  host: Host,
  namespace: string | null,
  unit: UnitName,
  begin: number,
): Promise<JournalEntry[]> {
  const since = begin - earlier;
  const query = { scope: host.scope, units: [unit], namespace: null, lines: mostEntries };
  const streams = [readJournal(query)];
  if (namespace !== null)
    streams.push(readJournal({ ...query, namespace, messageIds: [messageId.spawnFailed] }));
  const said: JournalEntry[] = [];
  for await (const entry of mergeInOrder(streams, (a, b) => a.time < b.time))
    if (isFromSystemd(entry)) said.push(entry);
  // Of the run that was there when the time begins, the start is needed too; and always the last end.
  const first = said.findIndex((entry) => entry.time >= since);
  const invocation = said.at(first)?.invocation;
  return said.slice(
    Math.max(
      0,
      said.findIndex((entry) => entry.invocation === invocation),
    ),
  );
}

async function readClosings(host: Host, since: number): Promise<number[]> {
  if (host.scope === "user") return [];
  const times: number[] = [];
  const query = {
    scope: host.scope,
    units: [],
    namespace: null,
    messageIds: [messageId.journalStopped],
    since,
  };
  for await (const entry of readJournal(query)) times.push(entry.time);
  return times;
}

async function readLastLines(
  host: Host,
  { app }: Desired,
  service: DesiredService,
  lines: number,
): Promise<LogLine[]> {
  if (lines === 0) return [];
  const found: LogLine[] = [];
  const sources = [{ app, service: service.name, unit: service.unit }];
  for await (const line of readLogs({ scope: host.scope, sources, lines, filter: { from: "unit" } }))
    found.push(line);
  // A diagnosis is made to be passed on. Who may not read the secrets reads the log as the journal shows it to him.
  const hidden = await readHidden(host, service).catch(() => null);
  if (hidden === null) return found;
  const redact = makeRedact(hidden, { shapes: true });
  return found.map((line) => ({ ...line, message: redact(line.message).text }));
}

/** Only where what it reads may be to blame: a service that runs has read it. */
async function readTroubles(
  host: Host,
  desired: Desired,
  service: DesiredService,
  properties: Properties,
): Promise<Cause[]> {
  if (textOf(properties, "ActiveState") === "active") return [];
  const program = service.program.startsWith("/")
    ? [findFileTrouble(host, desired.user, service.program, "run")]
    : [];
  const needed = service.needsFiles.map((file) => findFileTrouble(host, desired.user, file, "read"));
  // systemd reads these as root.
  const env = service.envFiles.map((file) => findFileTrouble(host, null, file, "read"));
  const found = (await Promise.all([...program, ...env, ...needed])).filter((trouble) => trouble !== null);
  // Of a file that is not there it is enough to say that.
  return found.length > 0 ? found : readMissingVariables(host, service);
}

/** Variables that the spec demands and that would be missing, or be another, at the next start. */
async function readMissingVariables(host: Host, service: DesiredService): Promise<Cause[]> {
  if (service.requiredEnv.length === 0 && Object.keys(service.assertedEnv).length === 0) return [];
  const systemd = Number.parseInt(await host.systemd.version(), 10);
  // Who may not read the file is not told that something is missing in it.
  const found = await checkEnv(host, service, systemd).catch(() => []);
  return found
    .filter(({ code }) => code === "env/missing" || code === "env/asserted")
    .map(({ summary, fix }) => ({ what: summary, fix: fix ?? null }));
}
