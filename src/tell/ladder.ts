import { inHours } from "../heal/hours.ts";
import type { Severity } from "../value/severity.ts";
import type { ContactRule, PolicyRule, TellFile } from "../compile/tell-rule.ts";

/** Whom a step reaches at a moment. */
export type Rung =
  | {
      kind: "tell";
      /** The step that is taken: a later one when nobody of the one that was due is on duty. */
      step: number;
      contacts: readonly ContactRule[];
      /** Not on duty now, and so not told. */
      skipped: readonly ContactRule[];
      /** Nobody at all is on duty, and it is too bad to wait. */
      offDuty: boolean;
    }
  | { kind: "wait"; until: number; skipped: readonly ContactRule[] }
  | { kind: "nobody" };

/**
 * Who is told at a step. Hours are of the people, and somebody has to be told: who is off duty is left out; when all of a step
 * are, the next step that has somebody is taken; when nobody is on duty, critical is told all the same and anything less waits
 * for the first who comes. Pure.
 */
export function rungAt(
  file: TellFile,
  policy: PolicyRule,
  severity: Severity,
  step: number,
  now: number,
): Rung {
  if (step >= policy.steps.length) return { kind: "nobody" };
  const skipped: ContactRule[] = [];
  let until = Infinity;
  for (let at = step; at < policy.steps.length; at++) {
    const all = contactsOf(file, policy.steps[at]!.contacts);
    const on: ContactRule[] = [];
    for (const contact of all) {
      const hours = inHours(contact.hours, now);
      // Nobody knows whether it is a holiday: then he is told.
      if (hours.open !== false) on.push(contact);
      else {
        skipped.push(contact);
        until = Math.min(until, hours.until);
      }
    }
    if (on.length > 0) return { kind: "tell", step: at, contacts: on, skipped, offDuty: false };
  }
  const first = contactsOf(file, policy.steps[step]!.contacts);
  if (severity === "critical" || until === Infinity)
    return { kind: "tell", step, contacts: first, skipped: [], offDuty: true };
  return { kind: "wait", until, skipped };
}

function contactsOf(file: TellFile, names: readonly string[]): ContactRule[] {
  return names.flatMap((name) => file.contacts.find((contact) => contact.name === name) ?? []);
}

/** How long after a step the next one is due, without an acknowledgement; null when there is no next one. */
export function waitAfter(policy: PolicyRule, step: number): number | null {
  const next = policy.steps[step + 1];
  return next === undefined ? null : (next.after ?? policy.acknowledge);
}

/** Targets of contacts, each once, in their order. */
export function targetsOf(contacts: readonly ContactRule[]): string[] {
  return [...new Set(contacts.flatMap(({ targets }) => targets))];
}
