import { readHeld } from "../apply/breaker.ts";
import type { HealTools } from "../apply/heal.ts";
import type { Host } from "../host/host.ts";
import { tellJournal } from "../host/tell-journal.ts";
import { keepHealEvidence } from "../observe/heal-evidence.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import { askOnce, ruleOf } from "./prove-heal.ts";
import type { StateRecord } from "./session.ts";

export type Healed = { host: Host; stateDirectory: string; desired: Desired; service: DesiredService };

/** What a heal needs to know and to see of its service, from the record and from the host. */
export function makeHealTools(
  { host, stateDirectory, desired, service }: Healed,
  { watch, records, changes }: StateRecord,
): HealTools {
  const { app } = desired;
  const { name, unit } = service;
  return {
    record: watch,
    rule: ruleOf(desired, service),
    service,
    gatherEvidence: (row) =>
      keepHealEvidence(host, {
        stateDirectory,
        row,
        desired,
        service,
        checks: watch.checkStates(app, name),
        now: new Date(),
      }),
    askChecks: () => askOnce(host, desired, service),
    mustNotRun: async () => {
      const intent = records.intents(app).get(unit);
      if (intent?.stopped) return `${intent.who} stopped it at ${intent.at}`;
      const held = await readHeld(host, stateDirectory, unit);
      return held === null ? null : `its circuit breaker holds it: ${held.why}`;
    },
    inTheWay: async () => {
      const open = changes.open(app);
      return open && `the ${open.purpose} that ${open.who} began at ${open.started} is not finished`;
    },
    tell: (level, text) => tellJournal(host, unit, level, text),
  };
}
