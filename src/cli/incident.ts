import type { Incident } from "../tell/incident.ts";
import { acknowledge, resolveByHand, type Person } from "../tell/people.ts";
import { raise } from "../tell/raise.ts";
import { severities, type Severity } from "../value/severity.ts";
import { tick } from "../tell/tick.ts";
import type { Telling } from "../tell/telling.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { chooseApp, choosePrograms, installedApps } from "./choose.ts";
import { chooseIncident } from "./choose-incident.ts";
import { describeIncidentList, describeIncidentPage } from "./describe-incident.ts";
import { needReason, readSpan } from "./span.ts";
import { maskFor } from "./session-mask.ts";
import type { Session } from "./session.ts";

/** Does something to what is told of an application, in one transaction. */
export async function changeTelling<T>(
  session: Session,
  app: string,
  task: string,
  command: string,
  work: (telling: Telling, person: Person) => T,
): Promise<T> {
  await session.assertMayChange(task, command);
  const { watch, teller } = session.writableRecord();
  return watch.together(() => {
    const telling = teller.telling(app);
    const result = work(telling, { who: session.who, via: "" });
    tick(telling);
    return result;
  });
}

/** holdfast incident list: what is open, or all of it. */
export async function runIncidentList(
  session: Session,
  app: string | undefined,
  options: { all?: boolean; lines: string },
): Promise<number> {
  const apps = app === undefined ? installedApps(session) : [chooseApp(session, app)];
  const incidents = session.record()?.teller.store.incidents;
  const limit = Number(options.lines);
  if (!Number.isInteger(limit) || limit < 1)
    throw new HoldfastError(
      {
        severity: "error",
        code: "usage/bad-count",
        summary: `Cannot list "${options.lines}" incidents`,
        fix: "-n 20",
      },
      exitCode.usage,
    );
  const found = apps.flatMap((one) => incidents?.list(one, { unresolved: !options.all, limit }) ?? []);
  const sorted = found.toSorted((a, b) => b.opened - a.opened).slice(0, limit);
  const mask = await maskFor(
    session,
    sorted.map((one) => one.app),
  );
  session.out.result(
    { incidents: mask.value(sorted.map(withoutPolicy)) },
    mask.text(describeIncidentList(sorted, options.all ?? false, session.out.style, Date.now())),
  );
  return exitCode.done;
}

/** holdfast incident show: state, timeline, messages, duties. */
export async function runIncidentShow(session: Session, name: string): Promise<number> {
  const incident = chooseIncident(session, name);
  const { store } = session.record()!.teller;
  const page = {
    incident,
    alerts: store.incidents.alertsOf(incident.id),
    timeline: store.incidents.timeline(incident.id),
    messages: store.outbox.ofIncident(incident.id),
    similar: store.incidents.similar(incident),
    duties: store.reviews.duties(incident.id),
  };
  const mask = await maskFor(session, [incident.app]);
  const shown = { ...page, incident: withoutPolicy(incident), similar: page.similar.map(withoutPolicy) };
  session.out.result(mask.value(shown), mask.text(describeIncidentPage(page, session.out.style, Date.now())));
  return exitCode.done;
}

/** holdfast incident open: by hand, for what no check sees. */
export async function runIncidentOpen(
  session: Session,
  name: string | undefined,
  options: { severity: string; summary?: string },
): Promise<number> {
  const summary = needReason(
    options.summary,
    "open an incident",
    'holdfast incident open --severity critical --summary "orders are rejected"',
  );
  const severity = readSeverity(options.severity);
  const { app, service } = await chooseSubject(session, name);
  const incident = await changeTelling(session, app, "open an incident", "incident open", (telling) => {
    const opened = raise(telling, {
      change: "raise",
      at: telling.now,
      service,
      source: "manual",
      // Each is one of its own, whatever else is open.
      subject: telling.random(),
      severity,
      says: summary,
      mayHeal: false,
    });
    if (opened === null) return null;
    telling.store.incidents.addEvent(
      opened.id,
      telling.now,
      "note",
      session.who,
      `declared by hand: ${summary}`,
    );
    const isNew = telling.store.incidents.alertsOf(opened.id).length === 1;
    return isNew && opened.opened === telling.now
      ? telling.store.incidents.change(opened.id, { openedBy: session.who })
      : opened;
  });
  session.out.result(
    { incident: incident?.name ?? null },
    incident === null
      ? "It is on record, and told when the maintenance window ends."
      : `${incident.name} is open (${incident.policy.label}). See: holdfast incident show ${incident.name}`,
  );
  return exitCode.done;
}

/** holdfast incident ack: somebody is at it; steps and reminders stop for a while. */
export async function runIncidentAck(
  session: Session,
  name: string,
  options: { note?: string; for?: string },
): Promise<number> {
  const { app, id } = chooseIncident(session, name);
  const holds = options.for === undefined ? null : readSpan(options.for, "--for");
  const { says } = await changeTelling(
    session,
    app,
    "acknowledge an incident",
    `incident ack ${name}`,
    (telling, person) =>
      acknowledge(telling, telling.store.incidents.get(id)!, person, { note: options.note ?? null, holds }),
  );
  session.out.result({ says }, says);
  return exitCode.done;
}

/** holdfast incident note: a line for the timeline. */
export async function runIncidentNote(
  session: Session,
  name: string,
  words: readonly string[],
): Promise<number> {
  const { app, id, name: whole } = chooseIncident(session, name);
  const text = needReason(words.join(" "), "note nothing", `holdfast incident note ${name} what was found`);
  await changeTelling(session, app, "note something", `incident note ${name}`, ({ store, now }) =>
    store.incidents.addEvent(id, now, "note", session.who, text),
  );
  session.out.result({ incident: whole }, `Noted in ${whole}.`);
  return exitCode.done;
}

/** holdfast incident resolve: a person says that it is over. */
export async function runIncidentResolve(
  session: Session,
  name: string,
  options: { reason?: string },
): Promise<number> {
  const { app, id, name: whole, state } = chooseIncident(session, name);
  const why = needReason(
    options.reason,
    "call an incident over",
    `holdfast incident resolve ${name} --reason "what was mended"`,
  );
  if (state === "resolved") {
    session.out.result({ incident: whole, changed: false }, `${whole} is over already.`);
    return exitCode.done;
  }
  await changeTelling(session, app, "call an incident over", `incident resolve ${name}`, (telling, person) =>
    resolveByHand(telling, telling.store.incidents.get(id)!, person, why),
  );
  session.out.result(
    { incident: whole, changed: true },
    `${whole} is over. If it fails again within half an hour it is opened again. Review it: holdfast incident review ${whole}`,
  );
  return exitCode.done;
}

/** An application, or one of its services or jobs. */
export async function chooseSubject(
  session: Session,
  name: string | undefined,
): Promise<{ app: string; service: string | null }> {
  if (name === undefined || installedApps(session).includes(name))
    return { app: chooseApp(session, name), service: null };
  const [chosen] = await choosePrograms(session, [name]);
  return { app: chosen!.app, service: chosen!.service.name };
}

/** critical and the like; also by what the word is here, such as High. */
function readSeverity(written: string): Severity {
  const found = severities.find((one) => one === written.toLowerCase());
  if (found !== undefined) return found;
  throw new HoldfastError(
    {
      severity: "error",
      code: "usage/bad-severity",
      summary: `Cannot use "${written}" as a severity: there are ${severities.join(", ")}`,
      fix: "--severity error",
    },
    exitCode.usage,
  );
}

/** The policy is a ladder with names of people; who wants it looks into the spec. */
function withoutPolicy({ policy, ...rest }: Incident) {
  return { ...rest, label: policy.label };
}
