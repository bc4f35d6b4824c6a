import type { Reading } from "../../heal/reading.ts";
import type { UnitFacts } from "../../heal/service-state.ts";
import { reading } from "./local-probe.ts";
import type { Probe } from "./probe.ts";

/** Does systemd have the unit running? The value is its state, such as "active/running". */
export const probeUnit: Probe = async ({ unit }) => {
  const value = `${unit.active}/${unit.sub}`;
  return { ...judge(unit), value, limit: "active" };
};

function judge(unit: UnitFacts): Reading {
  const ended = unit.ended === null ? "" : `: ${unit.ended}`;
  switch (unit.active) {
    case "active":
      return reading("ok", "it is active");
    case "reloading":
      return reading("ok", "it is active and reloads");
    case "activating":
      // systemd calls a dead program that waits for RestartSec= "activating", too.
      if (unit.sub.startsWith("auto-restart")) return reading("fail", `it waits to be restarted${ended}`);
      return reading("ok", "it is starting");
    case "deactivating":
      return reading("skipped", "it is stopping");
    case "inactive":
      return reading("fail", `it does not run${ended}`);
    case "failed":
      return reading("fail", `it has failed${ended}`);
    case "unknown":
      return reading("unknown", "systemd could not be asked about its unit");
  }
}
