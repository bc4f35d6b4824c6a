import type { OutboxRow } from "./incident.ts";
import { acknowledge, endSilence, resolveByHand, silence } from "./people.ts";
import { takeTransition } from "./raise.ts";
import type { Severity } from "../value/severity.ts";
import { testDelivery, type Outcome } from "./test-deliver.ts";
import type { TestTelling } from "./test-telling.ts";
import { nextTick, tick } from "./tick.ts";

/** What may happen, in any order. */
export type Act =
  | {
      act: "raise";
      service: string | null;
      source: "check" | "gave-up" | "breaker";
      severity: Severity;
      mayHeal: boolean;
    }
  | { act: "flap"; service: string | null; source: "check" | "gave-up" | "breaker" }
  | { act: "clear" | "acknowledge" | "resolve" | "cut"; nth: number }
  | { act: "restarted"; service: string }
  | { act: "note"; service: string; hurry: boolean }
  | {
      act: "silence";
      kind: "mute" | "maintenance";
      service: string | null;
      span: number;
      untilResolved: boolean;
    }
  | { act: "end"; kind: "mute" | "maintenance"; service: string | null }
  | { act: "deliver"; outcomes: readonly Outcome[] }
  | { act: "pass"; span: number };

export const anna = { who: "anna", via: "" };
const minute = 60_000;

/** Lets one thing happen. */
export async function happen(telling: TestTelling, act: Act, look: () => void): Promise<void> {
  const { store, now } = telling;
  const open = store.incidents.unresolved("polybot");
  switch (act.act) {
    case "raise": {
      const { service, severity, mayHeal } = act;
      const source = service === null ? (act.source === "breaker" ? "away" : "drift") : act.source;
      const subject = source === "check" ? "beat" : null;
      takeTransition(telling, {
        change: "raise",
        at: now,
        service,
        source,
        subject,
        severity,
        mayHeal,
        says: `${source} of ${service}`,
      });
      return;
    }
    case "flap":
      for (let time = 0; time < 3; time++) {
        const { service, source } = act;
        await happen(telling, { act: "raise", service, source, severity: "error", mayHeal: false }, look);
        const [alert] = store.incidents.openAlertsOf("polybot").slice(-1);
        pass(telling, minute, look);
        if (alert !== undefined) clearAlert(telling, alert.key);
        pass(telling, minute, look);
      }
      return;
    case "clear": {
      const alerts = store.incidents.openAlertsOf("polybot").filter(({ key }) => !key.includes("/channel:"));
      const alert = alerts[act.nth % Math.max(1, alerts.length)];
      if (alert !== undefined) clearAlert(telling, alert.key);
      return;
    }
    case "restarted":
      takeTransition(telling, {
        change: "once",
        at: now,
        service: act.service,
        source: "restarted",
        subject: null,
        severity: "info",
        says: "restarted",
        mayHeal: false,
      });
      return;
    case "note":
      takeTransition(telling, {
        change: "note",
        at: now,
        service: act.service,
        says: "a heal",
        hurry: act.hurry,
      });
      return;
    case "acknowledge": {
      const incident = open[act.nth % Math.max(1, open.length)];
      if (incident !== undefined) acknowledge(telling, incident, anna, { note: null, holds: null });
      return;
    }
    case "resolve": {
      const incident = open[act.nth % Math.max(1, open.length)];
      if (incident !== undefined) resolveByHand(telling, incident, anna, "it is good");
      return;
    }
    case "silence":
      silence(telling, anna, {
        service: act.service,
        kind: act.kind,
        since: now,
        until: now + act.span,
        untilResolved: act.kind === "mute" && act.untilResolved,
        why: "work",
      });
      return;
    case "end":
      endSilence(telling, anna, act);
      return;
    case "deliver":
      await deliver(telling, act.outcomes);
      return;
    case "cut": {
      // Somebody claims, and is killed before he marks.
      const pending = store.outbox.pending("polybot", act.nth % 2 === 0 ? "team" : "boss");
      if (pending[0] !== undefined) store.outbox.claim([pending[0].id], now, now + 30_000);
      return;
    }
    case "pass":
      pass(telling, act.span, look);
  }
}

export function clearAlert(telling: TestTelling, key: string): void {
  const [, service = "-", rest = ""] = key.split("/");
  const [source, subject = null] = rest.split(":");
  takeTransition(telling, {
    change: "clear",
    at: telling.now,
    service: service === "-" ? null : service,
    source: source as "check",
    subject,
    says: "good again",
  });
}

/** Time passes, and what becomes due is done. */
export function pass(telling: TestTelling, span: number, look: () => void): void {
  const until = telling.now + span;
  for (let rounds = 0; ; rounds++) {
    const next = nextTick(telling);
    if (next === null || next > until) break;
    if (rounds > 2000) throw new Error("tick never has enough");
    telling.now = Math.max(telling.now, next);
    tick(telling);
    look();
  }
  telling.now = until;
  tick(telling);
}

/** Whatever quiet hours and caps hold back: when all channels work, nothing critical waits. */
export async function deliver(telling: TestTelling, outcomes: readonly Outcome[]): Promise<void> {
  let sends = 0;
  const delivery = testDelivery(telling, () => outcomes[sends++] ?? "sent");
  for (const target of ["team", "boss"]) {
    const until = await delivery.to(target);
    if (until !== null && until <= telling.now) throw new Error(`${target} is looked at again and again`);
    const { retryAt } = telling.store.targets.state("polybot", target);
    const waiting = telling.store.outbox
      .pending("polybot", target)
      .find(
        ({ severity, leaseUntil, kind }) =>
          severity === "critical" && leaseUntil === null && kind !== "digest",
      );
    if (waiting !== undefined && (retryAt === null || retryAt <= telling.now) && !blocked(telling, waiting))
      throw new Error(`row ${waiting.id} is critical, and ${target} works and is not told`);
  }
}

/** Somebody who was cut short has what goes before it. */
function blocked({ store, now }: TestTelling, { incident, target, id }: OutboxRow): boolean {
  return store.outbox
    .ofIncidentTo(incident!, target)
    .some(
      (row) => row.id < id && row.status === "pending" && row.leaseUntil !== null && row.leaseUntil > now,
    );
}
