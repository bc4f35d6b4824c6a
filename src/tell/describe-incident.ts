import { describeDuration } from "../value/duration.ts";
import type { Incident } from "./incident.ts";
import type { Telling } from "./telling.ts";

const most = 10;

/** The lines of a message: since when, what is wrong, why it is told now, what to do next. */
export function describeIncident(
  { store, now }: Telling,
  incident: Incident,
  { level, why }: { level: string | null; why: string },
): string[] {
  const alerts = store.incidents.alertsOf(incident.id);
  const open = alerts.filter(({ cleared }) => cleared === null);
  const lasted = now - incident.opened;
  return [
    `since ${new Date(incident.opened).toISOString()}${lasted >= 1000 ? `, ${describeDuration(lasted)} ago` : ""}`,
    ...open.slice(0, most).map(({ says }) => `- ${says}`),
    ...(open.length > most ? [`- and ${open.length - most} more`] : []),
    ...(level === null ? [] : [`level ${level}: ${why}`]),
    ...dutiesOf(incident, level),
    ...(incident.respondBy === null || incident.ackedAt !== null
      ? []
      : [`an answer is due by ${new Date(incident.respondBy).toISOString()}`]),
    `see: holdfast incident show ${incident.name}`,
    `answer: holdfast incident ack ${incident.name}`,
  ];
}

function dutiesOf({ policy }: Incident, level: string | null): string[] {
  const step = policy.steps.find((one) => one.level === level && level !== null);
  return step === undefined || step.duties.length === 0 ? [] : [`to do: ${step.duties.join("; ")}`];
}

/** How it ended, for the message that says so. */
export function describeEnd({ store }: Telling, incident: Incident, says: string): string[] {
  const { opened, resolved, ackedBy } = incident;
  const heals = store.incidents.timeline(incident.id).filter(({ kind }) => kind === "heal");
  return [
    `from ${new Date(opened).toISOString()} to ${new Date(resolved!).toISOString()}, ${describeDuration(resolved! - opened)}`,
    says,
    ...(heals.length === 0 ? [] : [heals.at(-1)!.says]),
    ...(ackedBy === null ? [] : [`acknowledged by ${ackedBy}`]),
  ];
}
