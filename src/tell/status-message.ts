import type { Incident } from "./incident.ts";
import { span, utc } from "./review-times.ts";
import type { Severity } from "../value/severity.ts";

const extent: Readonly<Record<Severity, string>> = {
  critical: "does not work",
  error: "does not work as it should",
  warning: "may be slower than usual",
  info: "works",
};

const hour = 3_600_000;

/**
 * A message for people outside, to be sent by a person: what they notice, since when, and what is being done. Nothing of how
 * it is built inside: no host, no service, no words of a program. `impact` is what people wrote; null: nobody has yet.
 */
export function statusMessage(
  { app, severity, opened, state, resolved }: Incident,
  impact: string | null,
  now: number,
): string {
  const lines = [`Status of ${app}, ${utc(now)}`, ""];
  const affected = impact === null ? [] : [`What is affected: ${impact}`];
  if (state === "resolved" && resolved !== null)
    return [
      ...lines,
      `Resolved. ${app} works again since ${utc(resolved)}. The disturbance began ${utc(opened)} and lasted ${span(opened, resolved)}.`,
      ...affected,
      "We are looking into the cause, and into how to prevent it.",
    ].join("\n");
  const doing =
    state === "acknowledged"
      ? "Somebody is working on it."
      : "It has been noticed, and is being looked into.";
  return [
    ...lines,
    `${app} ${extent[severity]} since ${utc(opened)} (for ${span(opened, now)}). ${doing}`,
    ...affected,
    `The next message comes by ${utc(now + (severity === "critical" ? hour : 4 * hour))}.`,
  ].join("\n");
}
