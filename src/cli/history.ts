import { deedsOf } from "../observe/diagnose/deeds.ts";
import { diagnose } from "../observe/diagnose/diagnose.ts";
import { readEvidence, readSurroundings } from "../observe/diagnose/read-evidence.ts";
import { makeHistory } from "../observe/history.ts";
import type { HistoryEvent } from "../observe/history-event.ts";
import { exitCode } from "../report/diagnostic.ts";
import type { Style } from "../report/style.ts";
import { printable } from "../value/printable.ts";
import { chooseApp, choosePrograms, installedApps } from "./choose.ts";
import { describeTime } from "./describe-log-line.ts";
import { readCount } from "./logs.ts";
import type { Session } from "./session.ts";

/** How far back systemd's own messages are asked for ends. */
const monthMillis = 30 * 86_400_000;

/** holdfast history: what was changed, done by hand, crashed and gave up, newest first; of one service when it is named. */
export async function runHistory(
  session: Session,
  name: string | undefined,
  options: { lines: string },
): Promise<number> {
  const { app, service } = await chooseSubject(session, name);
  const count = readCount(options.lines);
  const { changes, records, watch } = session.record()!;
  const host = await session.host();
  const generation = (await session.currentGeneration(app))!;
  const desired = {
    ...generation.desired,
    services: generation.desired.services.filter((one) => service === null || one.name === service),
  };
  const units: ReadonlySet<string | null> = new Set(desired.services.map(({ unit }) => unit));
  const isMeant = ({ unit }: { unit: string | null }): boolean => service === null || units.has(unit);
  // Which of them are about one service is known only when they have been read.
  const read = service === null ? count : everything;
  const [done, audit, giveUps] = [
    service === null ? changes.list(app, count) : [],
    records.auditTrail(app, read).filter(isMeant),
    records.giveUps(app, read).filter(isMeant),
  ];
  const now = Date.now();
  const around = await readSurroundings(host, now * 1000, (now - monthMillis) * 1000);
  const heals = desired.services
    .flatMap(({ name: one }) => watch.heals.since(app, one, 0))
    .toSorted((a, b) => a.at - b.at);
  const recorded = { intent: null, giveUps: [], deeds: deedsOf(done, audit, around.now, heals) };
  const services = await Promise.all(
    desired.services.map(async (service) =>
      diagnose(await readEvidence(host, desired, service, recorded, around, 0)),
    ),
  );
  const watched = {
    heals: heals.slice(-count),
    events:
      service === null
        ? // Those of the agent itself belong to no application.
          [...watch.events(app, { limit: count }), ...watch.events("", { limit: count })]
        : watch.events(app, { service, limit: count }),
  };
  const events = makeHistory(done, audit, giveUps, services, watched).slice(0, count);
  session.out.result(
    { app, ...(service === null ? {} : { service }), events },
    events.map((event) => describeEvent(event, session.out.style)).join("\n"),
  );
  return exitCode.done;
}

const everything = 1_000_000;

/** An application, or one of its services or jobs by any of its names. */
async function chooseSubject(
  session: Session,
  name: string | undefined,
): Promise<{ app: string; service: string | null }> {
  const open = session.record()?.changes.openApps() ?? [];
  if (name === undefined || [...installedApps(session), ...open].includes(name))
    return { app: chooseApp(session, name), service: null };
  const [chosen] = await choosePrograms(session, [name]);
  return { app: chosen!.app, service: chosen!.service.name };
}

function describeEvent(event: HistoryEvent, style: Style): string {
  const { at, kind, service, who, what, outcome, why } = event;
  const tint = isBad(event) ? style.bad : (text: string) => text;
  const subject = service === null ? "" : `${service}: `;
  const parts = [
    kind === "end" ? `${subject}${what}` : `${subject}${what}${outcome === null ? "" : ` (${outcome})`}`,
    who === null ? null : `by ${who}`,
    why === null ? null : why.split("\n")[0]!,
  ];
  const text = printable(parts.filter((part) => part !== null).join(", "));
  return `${style.dim(describeTime(Date.parse(at) * 1000, false))}  ${kind.padEnd(8)} ${tint(text)}`;
}

function isBad({ kind, outcome, data }: HistoryEvent): boolean {
  if (kind === "heal") return !["helped", "stopped", "under way"].includes(String(outcome));
  if (kind === "check" || kind === "breaker")
    return ["check-failing", "breaker-opened"].includes(String(data?.["event"]));
  return kind === "end" || kind === "give-up" || kind === "restart" || outcome === "undone";
}
