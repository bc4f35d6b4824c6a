import { logNamespace } from "../compile/names.ts";
import type { Host, Properties } from "../host/host.ts";
import { readJournal } from "../host/journal.ts";
import { endingOf, endingProperties, invocationOf } from "../host/properties.ts";
import { explainUnitFailure } from "../explain-failure/read-failure.ts";
import type { DesiredService } from "../plan/desired.ts";
import type { GiveUp } from "../store/records.ts";
import { signalName } from "../value/exit-status.ts";
import { printable } from "../value/printable.ts";
import type { UnitName } from "../value/unit-name.ts";
import { makeEvidence, type Evidence } from "./evidence.ts";
import { messageId } from "./message-ids.ts";
import { readMask } from "./secrets-in-text.ts";

/** What systemd says about the unit that failed, in the environment of the unit it starts for that (systemd.exec(5)). */
export type Monitored = { result: string; exitCode: string; exitStatus: string; invocation: string };

/** From systemd 251 on, and only when a single unit has failed. */
export function monitoredIn(env: NodeJS.ProcessEnv, unit: UnitName): Monitored | null {
  if (env["MONITOR_UNIT"] !== unit || !env["MONITOR_SERVICE_RESULT"]) return null;
  return {
    result: env["MONITOR_SERVICE_RESULT"],
    exitCode: env["MONITOR_EXIT_CODE"] ?? "",
    exitStatus: env["MONITOR_EXIT_STATUS"] ?? "",
    invocation: env["MONITOR_INVOCATION_ID"] ?? "",
  };
}

export type FoundGiveUp = {
  giveUp: Omit<GiveUp, "id" | "closed">;
  reason: string;
  /** Somebody had asked it to stop: that it did not end well is no crash. */
  askedToStop: boolean;
};

const kept = [
  "ActiveState",
  "SubState",
  "NRestarts",
  "RestartUSec",
  "StartLimitBurst",
  "StartLimitIntervalUSec",
  "TimeoutStartUSec",
  "TimeoutStopUSec",
  "ExecMainStartTimestamp",
  "ExecMainExitTimestamp",
  "MemoryMax",
  "TasksMax",
  "CPUUsageNSec",
  "DropInPaths",
];
const mostLines = 50;

/** Gathers what is to be known about a unit that systemd has given up on. */
export async function readGiveUp(
  host: Host,
  app: string,
  unit: UnitName,
  service: DesiredService | null,
  options: { monitored: Monitored | null; now: Date },
): Promise<FoundGiveUp> {
  const found = await host.systemd.properties(unit, [...endingProperties, "InvocationID", ...kept]);
  const facts = options.monitored ?? factsOf(found);
  const { sentence, fix } = await explainUnitFailure(host, unit);
  const properties = Object.fromEntries(
    kept.filter((name) => name in found).map((name) => [name, found[name]!]),
  );
  const log = await readLog(host, app, unit, service);
  const evidence = makeEvidence({ reason: sentence, fix, properties, ...log });
  return {
    giveUp: {
      at: options.now.toISOString(),
      app,
      unit,
      invocation: facts.invocation || null,
      result: facts.result,
      exitCode: facts.exitCode || null,
      exitStatus: facts.exitStatus || null,
      evidence,
    },
    reason: sentence,
    askedToStop: await wasAskedToStop(host, unit, facts.invocation),
  };
}

/** The same facts for a systemd that does not tell, in its own words: status 9 of a killed process is "KILL". */
function factsOf(found: Properties): Monitored {
  const { result, code, status } = endingOf(found);
  const killed = code === "killed" || code === "dumped";
  return {
    result,
    exitCode: code,
    exitStatus: code === "" ? "" : killed ? signalName(status).replace(/^SIG/, "") : String(status),
    invocation: invocationOf(found),
  };
}

/** Its last lines. What the unit itself wrote is left out when nobody can tell what must not be shown. */
async function readLog(
  host: Host,
  app: string,
  unit: UnitName,
  service: DesiredService | null,
): Promise<Pick<Evidence, "lines" | "note">> {
  const namespace = host.scope === "system" ? logNamespace(app) : null;
  // What the unit wrote last may still be on its way into the journal.
  if (namespace !== null) await host.run(["/usr/bin/journalctl", `--namespace=${namespace}`, "--sync"]);
  const mask = service === null ? null : await readMask(host, service).catch(() => null);
  const lines: Evidence["lines"][number][] = [];
  for await (const entry of readJournal({ scope: host.scope, units: [unit], namespace, lines: mostLines })) {
    if (entry.from === "unit" && mask === null) continue;
    lines.push({
      time: new Date(entry.time / 1000).toISOString(),
      from: entry.from,
      priority: entry.priority,
      text: printable(mask ? mask(entry.message) : entry.message),
    });
  }
  const note =
    mask === null
      ? "what the service itself wrote is left out: its secrets could not be read, so they could not be hidden"
      : null;
  return { lines, note };
}

async function wasAskedToStop(host: Host, unit: UnitName, invocation: string): Promise<boolean> {
  const query = { scope: host.scope, units: [unit], namespace: null, messageIds: [messageId.stopping] };
  for await (const entry of readJournal({ ...query, lines: mostLines }))
    if (entry.invocation === invocation) return true;
  return false;
}
