import type { Style } from "../report/style.ts";
import type { Alert, Incident, IncidentEvent, OutboxRow } from "../tell/incident.ts";
import type { Duty } from "../tell/review-facts.ts";
import { describeDuration } from "../value/duration.ts";
import { printable } from "../value/printable.ts";

export type IncidentPage = {
  incident: Incident;
  alerts: readonly Alert[];
  timeline: readonly IncidentEvent[];
  messages: readonly OutboxRow[];
  similar: readonly Incident[];
  duties: readonly Duty[];
};

/** One line an incident, newest first. */
export function describeIncidentList(
  incidents: readonly Incident[],
  all: boolean,
  style: Style,
  now: number,
): string {
  if (incidents.length === 0) return all ? "There was no incident." : "No incident is open.";
  return incidents
    .map((one) => {
      const { name, app, service, title, state, opened, resolved, ackedBy } = one;
      const lasts = describeDuration(Math.max(0, (resolved ?? now) - opened));
      const how =
        state === "resolved"
          ? `${one.outcome} after ${lasts}`
          : state === "acknowledged"
            ? `${ackedBy} is at it, for ${lasts}`
            : `for ${lasts}`;
      const who = service === null ? app : `${app}/${service}`;
      const more = one.exhausted && state === "open" ? style.bad("; escalation is exhausted") : "";
      return `${name}  ${tint(one, style)(labelOf(one).padEnd(8))}  ${who}: ${printable(title)}  ${style.dim(how)}${more}`;
    })
    .join("\n");
}

function labelOf({ policy }: Incident): string {
  return policy.label;
}

function tint({ severity, state }: Incident, style: Style): (text: string) => string {
  if (state === "resolved") return style.dim;
  return severity === "critical" || severity === "error" ? style.bad : style.warn;
}

/** All of one incident, for somebody at three in the morning: what, since when, what next; then the timeline. */
export function describeIncidentPage(
  { incident, alerts, timeline, messages, similar, duties }: IncidentPage,
  style: Style,
  now: number,
): string {
  const { name, app, service, title, state, opened, resolved } = incident;
  const lasts = describeDuration(Math.max(0, (resolved ?? now) - opened));
  const open = alerts.filter(({ cleared }) => cleared === null);
  const lines = [
    `${style.strong(name)}  ${tint(incident, style)(labelOf(incident))}  ${service === null ? app : `${app}/${service}`}`,
    `  ${printable(title)}`,
    `  ${stateWords(incident, now)}; began ${iso(opened)}, ${resolved === null ? "for" : "lasted"} ${lasts}`,
    ...(open.length > 1 ? open.map(({ says }) => `  - ${printable(says)}`) : []),
    ...nextWords(incident),
    "",
    style.strong("Timeline"),
    ...timeline.map(({ at, kind, who, says }) => {
      const by = who === "holdfast" ? "" : ` (${printable(who)})`;
      return `  ${style.dim(iso(at))}  ${kind.padEnd(12)} ${printable(says)}${by}`;
    }),
  ];
  if (messages.length > 0)
    lines.push(
      "",
      style.strong("Messages"),
      ...messages.map((row) => `  ${style.dim(iso(row.created))}  ${describeRow(row, style)}`),
    );
  if (duties.length > 0)
    lines.push(
      "",
      style.strong("Duties"),
      ...duties.map(({ number, level, says, done, who }) => {
        const mark = done === null ? " " : "x";
        const by = done === null ? "" : style.dim(`  ${who}, ${iso(done)}`);
        return `  [${mark}] ${number} ${level === null ? "" : `${level}: `}${printable(says)}${by}`;
      }),
    );
  if (similar.length > 0)
    lines.push(
      "",
      style.strong("Before"),
      ...similar.map(
        (one) => `  ${one.name}  ${printable(one.title)}  ${style.dim(one.outcome ?? one.state)}`,
      ),
    );
  if (incident.evidence !== null) lines.push("", `Evidence: ${incident.evidence}`);
  if (state !== "resolved")
    lines.push(
      "",
      `Answer: holdfast incident ack ${name}; over: holdfast incident resolve ${name} --reason TEXT`,
    );
  else if (incident.reviewed === null) lines.push("", `Review: holdfast incident review ${name}`);
  return lines.join("\n");
}

function stateWords(
  { state, ackedBy, ackUntil, resolvedBy, outcome, flapping }: Incident,
  now: number,
): string {
  const flaps = flapping ? ", comes and goes" : "";
  if (state === "resolved") return `over (${outcome}, by ${printable(resolvedBy ?? "")})`;
  if (state === "acknowledged")
    return `${printable(ackedBy ?? "")} is at it for another ${describeDuration(Math.max(0, (ackUntil ?? now) - now))}${flaps}`;
  return `open, nobody has answered${flaps}`;
}

function nextWords({ state, due, dueWhy, exhausted, respondBy, late, resolveBy }: Incident): string[] {
  if (state === "resolved") return [];
  return [
    ...(respondBy === null || state !== "open"
      ? []
      : [`  an answer ${late ? "was" : "is"} due by ${iso(respondBy)}`]),
    ...(due === null ? [] : [`  next step at ${iso(due)}: ${dueWhy}`]),
    ...(resolveBy === null ? [] : [`  next level at ${iso(resolveBy)} if it is not over`]),
    ...(exhausted ? ["  every step was gone through, and nobody has answered"] : []),
  ];
}

/** A message, where to, and what became of it. */
export function describeRow(row: OutboxRow, style: Style): string {
  const { target, kind, status, sequence, attempts, lastError, sent, created, why } = row;
  const tries = attempts > 1 ? ` after ${attempts} tries` : "";
  switch (status) {
    case "sent":
      return `${kind} #${sequence} to ${target}: ${style.good("delivered")}${tries}, ${describeDuration(Math.max(0, (sent ?? created) - created))} later`;
    case "dead":
      return `${kind} #${sequence} to ${target}: ${style.bad("not delivered")}: ${printable(why ?? lastError ?? "")}`;
    case "superseded":
      return `${kind} #${sequence} to ${target}: ${style.dim(`not needed: ${printable(why ?? "")}`)}`;
    default:
      return `${kind} #${sequence} to ${target}: ${style.warn("waits")}${attempts > 0 ? `, ${attempts} tries: ${printable(lastError ?? "")}` : why === null ? "" : `: ${printable(why)}`}`;
  }
}

function iso(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
