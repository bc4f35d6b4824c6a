import type { Properties } from "../host/host.ts";
import { endingProperties } from "../host/properties.ts";
import type { Explanation } from "../value/exit-status.ts";
import { explainFailure } from "./explain-failure.ts";
import { failedCommand } from "./failed-command.ts";
import type { UnitName } from "../value/unit-name.ts";
import { startLimitHides } from "./start-limit.ts";

/** What explainUnit needs to be asked for. */
export const explainedProperties = [
  ...endingProperties,
  "ActiveEnterTimestampMonotonic",
  "ActiveExitTimestampMonotonic",
  "BusName",
  "ExecCondition",
  "ExecStart",
  "ExecStartPre",
  "InactiveExitTimestampMonotonic",
  "MemoryDenyWriteExecute",
  "MemoryMax",
  "PIDFile",
  "RuntimeMaxUSec",
  "StartLimitBurst",
  "StartLimitIntervalUSec",
  "TimeoutStartUSec",
  "TimeoutStopUSec",
  "Type",
  "WatchdogUSec",
] as const;

/**
 * Says how a unit ended from its properties alone, for whoever looks at many units, or often. `explainUnitFailure` looks
 * at the host too, and names the culprit.
 */
export function explainUnit(properties: Properties): Explanation {
  const command = startLimitHides(failedCommand(properties));
  const nothing = { culprits: [], said: null, call: null } as const;
  return explainFailure({ unit: "" as UnitName, voice: "spec", properties, command, ...nothing });
}
