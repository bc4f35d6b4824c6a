import type { Host, Properties } from "../../host/host.ts";
import { readJournal } from "../../host/journal.ts";
import { textOf } from "../../host/properties.ts";
import { makeRedact } from "../../value/redact.ts";
import type { UnitName } from "../../value/unit-name.ts";
import { LineMaker, matches } from "../logs/log-line.ts";
import type { LogLine } from "../logs/log-source.ts";
import { readHidden } from "../secrets-in-text.ts";
import { diagnose } from "./diagnose.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { inUnitWords } from "./in-unit-words.ts";
import { diagnosedProperties, readFailure, readSaid, type Surroundings } from "./read-evidence.ts";
import { readUse } from "./use.ts";

/** Diagnoses a unit that Holdfast did not write: what systemd, the kernel and the host show of it. It only looks. */
export async function diagnoseForeign(
  host: Host,
  unit: UnitName,
  around: Surroundings,
  lines: number,
): Promise<Diagnosis | null> {
  const properties = await host.systemd.properties(unit, [
    ...diagnosedProperties,
    "EnvironmentFiles",
    "LogNamespace",
    "Type",
  ]);
  if (textOf(properties, "LoadState") === "not-found") return null;
  const namespace = textOf(properties, "LogNamespace") || null;
  const [entries, log, failure, use] = await Promise.all([
    readSaid(host, namespace, unit, around.since),
    readLastLines(host, unit, namespace, properties, lines),
    readFailure(host, unit, properties, "unit"),
    readUse(host, textOf(properties, "ControlGroup")),
  ]);
  const found = diagnose({
    app: "",
    service: unit,
    unit,
    job: textOf(properties, "Type") === "oneshot",
    ...around,
    properties,
    entries,
    failure,
    use,
    troubles: [],
    intent: null,
    giveUps: [],
    deeds: [],
    log,
  });
  return inUnitWords(found);
}

async function readLastLines(
  host: Host,
  unit: UnitName,
  namespace: string | null,
  properties: Properties,
  wanted: number,
): Promise<LogLine[]> {
  if (wanted === 0) return [];
  const maker = new LineMaker([{ app: "", service: unit, unit }]);
  const lines: LogLine[] = [];
  // Among systemd's own messages: enough to have some of the unit's.
  const query = { scope: host.scope, units: [unit], namespace, lines: wanted * 4 + 40 };
  for await (const entry of readJournal(query)) {
    const line = maker.make(entry);
    if (line && matches(line, { from: "unit" })) lines.push(line);
  }
  const files = (properties["EnvironmentFiles"] ?? []) as readonly (readonly [string, boolean])[];
  const envFiles = files.map(([path]) => path).filter((path) => !/[*?[]/.test(path));
  const hidden = (await readHidden(host, { envFiles, secrets: [] }).catch(() => null)) ?? [];
  const redact = makeRedact(hidden, { shapes: true });
  return lines.slice(-wanted).map((line) => ({ ...line, message: redact(line.message).text }));
}
