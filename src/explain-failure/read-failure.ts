import type { Host, Properties } from "../host/host.ts";
import { readJournal } from "../host/journal.ts";
import { invocationOf, textOf } from "../host/properties.ts";
import type { Explanation } from "../value/exit-status.ts";
import { printable } from "../value/printable.ts";
import type { UnitName } from "../value/unit-name.ts";
import { explainFailure } from "./explain-failure.ts";
import { failedCommand } from "./failed-command.ts";
import type { FailureFacts } from "./failure-facts.ts";
import { failureProperties } from "./failure-properties.ts";
import { findCulprits } from "./find-culprits.ts";
import { findDeniedCall } from "./find-denied-call.ts";
import { startLimitHides } from "./start-limit.ts";
import type { Voice } from "./voice.ts";

/** Asks the host why a unit failed the last time, and says it in one sentence with a fix. */
export async function explainUnitFailure(
  host: Host,
  unit: UnitName,
  voice: Voice = "spec",
): Promise<Explanation> {
  const properties = await host.systemd.properties(unit, failureProperties);
  return explainFailure(await readFailureFacts(host, unit, properties, voice));
}

/** Gathers what explains the ending: of the paths, accounts and kernel messages, only those that it can be about. */
export async function readFailureFacts(
  host: Host,
  unit: UnitName,
  properties: Properties,
  voice: Voice,
): Promise<FailureFacts> {
  const command = startLimitHides(failedCommand(properties));
  const { ending } = command;
  const culprits = await findCulprits({ host, properties, command, voice });
  const bySignal = ending.code === "killed" || ending.code === "dumped";
  const neverRan =
    (ending.code === "exited" && ending.status >= 200 && ending.status < 245) ||
    (ending.code === "" && (ending.result === "resources" || ending.result === "protocol"));
  return {
    unit,
    voice,
    properties,
    command,
    culprits,
    said: neverRan && culprits.length === 0 ? await readSaid(host, unit, properties) : null,
    call: bySignal && ending.status === 31 ? await findDeniedCall(host, properties, command) : null,
  };
}

/** Words with which systemd tells that something failed, and not what. */
const tellsNothing =
  /^(Failed with result|Failed at step|Failed to start|Failed to run|Starting|Started|Main process exited|Control process exited|Scheduled restart|Start request|Consumed|Stopped|Condition check)/;

/**
 * systemd's own first complaint about the latest run. Between fork and exec it speaks as the unit, under the name of the
 * program in parentheses.
 */
async function readSaid(host: Host, unit: UnitName, properties: Properties): Promise<string | null> {
  const namespace = textOf(properties, "LogNamespace") || null;
  await host.run(["journalctl", ...(namespace === null ? [] : [`--namespace=${namespace}`]), "--sync"]);
  const invocation = invocationOf(properties);
  try {
    for await (const entry of readJournal({ scope: host.scope, units: [unit], namespace, lines: 60 })) {
      if (entry.from === "unit" && !entry.identifier?.startsWith("(")) continue;
      if (invocation !== "" && entry.invocation !== undefined && entry.invocation !== invocation) continue;
      const text = entry.message.replace(/^[^ ]+\.service: /, "");
      if (tellsNothing.test(text) || !/fail|can't|cannot|error|no such|denied/i.test(text)) continue;
      return printable(text.replaceAll("/run/systemd/unit-root", "").slice(0, 300));
    }
  } catch {
    // Who may not read the journal gets the sentence without it.
  }
  return null;
}
