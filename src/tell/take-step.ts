import { describeDuration } from "../value/duration.ts";
import type { Incident, IncidentEventKind, Silence, SilenceKind } from "./incident.ts";
import { rungAt, targetsOf, waitAfter } from "./ladder.ts";
import { describeIncident } from "./describe-incident.ts";
import { channelOf, putMessage } from "./put-messages.ts";
import type { Telling } from "./telling.ts";

/** In the timeline, for what Holdfast did by itself. */
export const itself = "holdfast";

export function note(telling: Telling, incident: Incident, kind: IncidentEventKind, says: string): void {
  telling.store.incidents.addEvent(incident.id, telling.now, kind, itself, says);
}

/** A mute or a window that holds back messages about a service now; a window goes before a mute. */
export function silenceOf({ store, now }: Telling, app: string, service: string | null): Silence | null {
  const inForce = store.silences.inForce(app, now, service);
  return inForce.find(({ kind }) => kind !== "mute") ?? inForce[0] ?? null;
}

/**
 * Takes the step of an incident that is due: tells who is on duty, and says when the next one is. A mute or a window puts it
 * off to its end; nothing that was due is lost.
 */
export function takeStep(
  telling: Telling,
  incident: Incident,
  why: string,
  /** What those hear who were told before. */
  again: "reminder" | "update" = "reminder",
): Incident {
  const { store, now, file } = telling;
  const silence = silenceOf(telling, incident.app, incident.service);
  if (silence !== null) return putOff(telling, incident, silence);
  const { policy, severity } = incident;
  const step = Math.min(incident.step, Math.max(0, policy.steps.length - 1));
  const rung = rungAt(file, policy, severity, step, now);
  if (rung.kind === "nobody") {
    if (incident.due !== null) return store.incidents.change(incident.id, { due: null, dueWhy: null });
    return incident;
  }
  for (const { name, hours } of rung.kind === "wait" ? [] : rung.skipped)
    note(telling, incident, "skipped", `${name} is off duty (outside of ${hours!.name})`);
  if (rung.kind === "wait") {
    const until = new Date(rung.until).toISOString();
    note(telling, incident, "held", `nobody is on duty before ${until}`);
    telling.wake();
    return store.incidents.change(incident.id, { due: rung.until, dueWhy: "somebody is on duty again" });
  }
  const { level } = policy.steps[rung.step]!;
  const targets = targetsOf(rung.contacts).filter((target) => !isAboutItself(telling, incident, target));
  const names = rung.contacts.map(({ name }) => name).join(", ");
  const off = rung.offDuty ? ", though nobody is on duty" : "";
  const at = level === null ? "" : ` (${level})`;
  note(
    telling,
    incident,
    incident.toldAt === null ? "told" : "escalated",
    `${names}${at} told${off}: ${why}`,
  );
  for (const target of targets) tellTarget(telling, incident, target, { level, why, again });
  return planNext(telling, incident, rung.step, targets);
}

/** The first that a target hears of an incident opens it there. */
function tellTarget(
  telling: Telling,
  incident: Incident,
  target: string,
  { level, why, again }: { level: string | null; why: string; again: "reminder" | "update" },
): void {
  const before = telling.store.outbox.ofIncidentTo(incident.id, target);
  const first = before.every(({ status }) => status === "superseded" || status === "dead");
  const repeated = before.some(({ status }) => status === "sent");
  putMessage(telling, target, {
    kind: first ? "open" : repeated ? again : "update",
    incident,
    severity: incident.severity,
    title: incident.title,
    lines: describeIncident(telling, incident, { level, why }),
    service: incident.service,
    at: incident.opened,
  });
}

function planNext(telling: Telling, incident: Incident, step: number, targets: readonly string[]): Incident {
  const { store, now, file, wake } = telling;
  const { policy } = incident;
  const common = {
    toldAt: incident.toldAt ?? now,
    remindAt: policy.remind === null ? null : now + policy.remind,
  };
  const handedOff = targets.find((target) => channelOf(file, target)?.handOff);
  if (handedOff !== undefined) {
    note(telling, incident, "escalated", `handed off to ${handedOff}, which escalates by itself`);
    return store.incidents.change(incident.id, { ...common, step: step + 1, due: null, dueWhy: null });
  }
  const wait = waitAfter(policy, step);
  if (wait !== null) {
    wake();
    return store.incidents.change(incident.id, {
      ...common,
      step: step + 1,
      due: now + wait,
      dueWhy: `not acknowledged within ${describeDuration(wait)}`,
    });
  }
  const { repeat } = policy;
  // Past the last one: what follows is a repetition of it.
  const last = { ...common, step: policy.steps.length };
  if (repeat === null) return store.incidents.change(incident.id, { ...last, due: null, dueWhy: null });
  wake();
  return store.incidents.change(incident.id, {
    ...last,
    repeats: incident.step >= policy.steps.length ? incident.repeats + 1 : 0,
    due: now + repeat.every,
    dueWhy: `nobody has answered for ${describeDuration(now + repeat.every - (incident.toldAt ?? now))}`,
  });
}

/** What was put off to the end of a silence, and is silenced by none any more, is due now. */
export function hurryPutOff(telling: Telling): void {
  const { store, file, now, wake } = telling;
  for (const { id, due, dueWhy, app, service } of store.incidents.unresolved(file.app)) {
    if (due === null || due <= now || dueWhy === null || !afterSilences.has(dueWhy)) continue;
    if (silenceOf(telling, app, service) !== null) continue;
    store.incidents.change(id, { due: now });
    wake();
  }
}

function afterSilence(kind: SilenceKind): string {
  return `the ${kind} has ended`;
}

const silenceKinds: readonly SilenceKind[] = ["mute", "maintenance", "pause"];
const afterSilences: ReadonlySet<string> = new Set(silenceKinds.map(afterSilence));

function putOff(telling: Telling, incident: Incident, silence: Silence): Incident {
  const { store, now, wake } = telling;
  const { kind, until, who, why } = silence;
  const end = until === null ? "until it is ended" : `until ${new Date(until).toISOString()}`;
  note(telling, incident, "held", `${kind} by ${who} ${end}: ${why}`);
  wake();
  // One without an end is looked at again now and then.
  const again = until ?? now + 3_600_000;
  return store.incidents.change(incident.id, { due: again, dueWhy: afterSilence(kind) });
}

/** A channel's failure is not told by that channel. */
function isAboutItself({ store, file }: Telling, incident: Incident, target: string): boolean {
  const channel = channelOf(file, target)?.name;
  return store.incidents
    .alertsOf(incident.id)
    .some(({ key, cleared }) => cleared === null && key.endsWith(`/channel:${channel}`));
}
