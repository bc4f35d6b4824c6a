import type { Style } from "../report/style.ts";
import type { Incident, Silence } from "../tell/incident.ts";
import { describeDuration } from "../value/duration.ts";
import { printable } from "../value/printable.ts";
import type { Chosen } from "./choose.ts";
import type { Session } from "./session.ts";

export type StatusTold = {
  incidents: readonly (Pick<
    Incident,
    "name" | "app" | "service" | "severity" | "title" | "state" | "opened" | "ackedBy" | "exhausted"
  > & { label: string })[];
  silences: readonly Silence[];
  /** Channels that do not work, and since when. */
  broken: readonly { app: string; target: string; since: number; why: string }[];
};

/** What people have to know besides their services: open incidents, what holds messages back, channels that do not work. */
export function readTold(session: Session, chosen: readonly Chosen[], now: number): StatusTold {
  const apps = [...new Set(chosen.map(({ app }) => app))];
  // Of those that were asked for, and of what concerns all of them.
  const isMeant = (one: { app: string; service: string | null }): boolean =>
    one.service === null ||
    chosen.some(({ app, service }) => app === one.app && service.name === one.service);
  const store = session.record()?.teller.store;
  if (!store) return { incidents: [], silences: [], broken: [] };
  return {
    incidents: apps
      .flatMap((app) => store.incidents.unresolved(app))
      .filter(isMeant)
      .map(shown),
    silences: apps.flatMap((app) => store.silences.inForce(app, now)).filter(isMeant),
    broken: apps.flatMap((app) =>
      store.targets
        .all(app)
        .flatMap(({ target, failingSince, lastError, brokenWhy }) =>
          failingSince === null
            ? []
            : [{ app, target, since: failingSince, why: brokenWhy ?? lastError ?? "" }],
        ),
    ),
  };
}

function shown(incident: Incident): StatusTold["incidents"][number] {
  const { name, app, service, severity, title, state, opened, ackedBy, exhausted, policy } = incident;
  return { name, app, service, severity, title, state, opened, ackedBy, exhausted, label: policy.label };
}

export function describeTold(
  { incidents, silences, broken }: StatusTold,
  style: Style,
  now: number,
): string[] {
  const span = (at: number): string => describeDuration(Math.max(1, now - at));
  return [
    ...incidents.map(({ name, app, service, severity, title, state, opened, ackedBy, exhausted, label }) => {
      const paint = severity === "critical" || severity === "error" ? style.bad : style.warn;
      const who =
        state === "acknowledged" ? `, ${ackedBy} is at it` : exhausted ? ", nobody has answered" : "";
      return paint(
        printable(
          `! ${name} ${label} ${service === null ? app : `${app}/${service}`}: ${title}, for ${span(opened)}${who}`,
        ),
      );
    }),
    ...silences.map(({ kind, service, app, who, why, until }) => {
      const end = until === null ? "" : ` for another ${describeDuration(Math.max(1, until - now))}`;
      return style.warn(
        printable(`! ${kind} of ${service === null ? app : `${app}/${service}`} by ${who}${end}: ${why}`),
      );
    }),
    ...broken.map(({ target, since, why }) =>
      style.bad(printable(`! people cannot be told by ${target} for ${span(since)}: ${why}`)),
    ),
  ];
}
