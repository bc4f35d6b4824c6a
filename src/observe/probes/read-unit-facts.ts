import { explainUnitFailure } from "../../explain-failure/read-failure.ts";
import { unknownFacts, type UnitFacts } from "../../heal/service-state.ts";
import type { Host, Properties } from "../../host/host.ts";
import { invocationOf, numberOf, textOf } from "../../host/properties.ts";
import { explainedProperties, explainUnit } from "../../explain-failure/unit-ending.ts";
import type { UnitName } from "../../value/unit-name.ts";

/** The properties that unitFactsOf reads. */
export const unitFactProperties: readonly string[] = [
  "ActiveState",
  "SubState",
  "ActiveEnterTimestampMonotonic",
  "ExecMainExitTimestampMonotonic",
  "MainPID",
  "InvocationID",
  "NRestarts",
  ...explainedProperties,
];

/** Asks systemd about a unit. It never throws: when systemd cannot be asked, the state is "unknown" and `ended` says why. */
export async function readUnitFacts(host: Host, unit: UnitName): Promise<UnitFacts> {
  try {
    const found = await host.systemd.properties(unit, unitFactProperties);
    const facts = unitFactsOf(found, {
      now: Date.now(),
      steady: Number(process.hrtime.bigint() / 1000n) / 1000,
    });
    if (facts.ended === null) return facts;
    return { ...facts, ended: (await explainUnitFailure(host, unit)).sentence };
  } catch (error) {
    const why = (error as Error).message.split("\n", 1)[0];
    return { ...unknownFacts, ended: `systemd could not be asked: ${why}` };
  }
}

/**
 * What systemd says of a unit. `steady` is CLOCK_MONOTONIC in milliseconds at `now`: since when it is active is told by
 * that, because systemd's other time stamp is by the clock as it was then.
 */
export function unitFactsOf(found: Properties, { now, steady }: { now: number; steady: number }): UnitFacts {
  const active = textOf(found, "ActiveState") as UnitFacts["active"];
  const up = active === "active" || active === "reloading";
  const entered = numberOf(found, "ActiveEnterTimestampMonotonic") / 1000;
  const result = textOf(found, "Result");
  // A unit that has never been started has not ended.
  const over = !up && (result !== "success" || numberOf(found, "ExecMainCode") !== 0);
  return {
    active: active || "unknown",
    sub: textOf(found, "SubState"),
    activeSince: up && entered > 0 ? Math.round(now - Math.max(0, steady - entered)) : null,
    pid: numberOf(found, "MainPID") || null,
    invocation: invocationOf(found),
    restarts: numberOf(found, "NRestarts"),
    ended: over ? explainUnit(found).sentence : null,
    endedByItself: !up && hadEnded(found),
    result,
  };
}

/** A unit that is asked to stop is no longer active when its program ends; one that ends by itself is, until systemd has noticed. */
function hadEnded(found: Properties): boolean {
  const exited = numberOf(found, "ExecMainExitTimestampMonotonic");
  return exited > 0 && exited <= numberOf(found, "ActiveExitTimestampMonotonic");
}
