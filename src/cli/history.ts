import { deedsOf } from "../observe/diagnose/deeds.ts";
import { diagnose } from "../observe/diagnose/diagnose.ts";
import { readEvidence, readSurroundings } from "../observe/diagnose/read-evidence.ts";
import { makeHistory } from "../observe/history.ts";
import type { HistoryEvent } from "../observe/history-event.ts";
import { exitCode } from "../report/diagnostic.ts";
import type { Style } from "../report/style.ts";
import { printable } from "../value/printable.ts";
import { chooseApp } from "./choose.ts";
import { describeTime } from "./describe-log-line.ts";
import { readCount } from "./logs.ts";
import type { Session } from "./session.ts";

/** How far back systemd's own messages are asked for ends. */
const monthMillis = 30 * 86_400_000;

/** holdfast history: what was changed, done by hand, crashed and gave up, newest first. */
export async function runHistory(
  session: Session,
  name: string | undefined,
  options: { lines: string },
): Promise<number> {
  const app = chooseApp(session, name);
  const count = readCount(options.lines);
  const { changes, records, watch } = session.record()!;
  const host = await session.host();
  const { desired } = (await session.currentGeneration(app))!;
  const [done, audit, giveUps] = [
    changes.list(app, count),
    records.auditTrail(app, count),
    records.giveUps(app, count),
  ];
  const now = Date.now();
  const around = await readSurroundings(host, now * 1000, (now - monthMillis) * 1000);
  const heals = desired.services
    .flatMap(({ name: one }) => watch.healsSince(app, one, 0))
    .toSorted((a, b) => a.at - b.at);
  const recorded = { intent: null, giveUps: [], deeds: deedsOf(done, audit, around.now, heals) };
  const services = await Promise.all(
    desired.services.map(async (service) =>
      diagnose(await readEvidence(host, desired, service, recorded, around, 0)),
    ),
  );
  const watched = {
    heals: heals.slice(-count),
    // Those of the agent itself belong to no application.
    events: [...watch.events(app, { limit: count }), ...watch.events("", { limit: count })],
  };
  const events = makeHistory(done, audit, giveUps, services, watched).slice(0, count);
  session.out.result(
    { app, events },
    events.map((event) => describeEvent(event, session.out.style)).join("\n"),
  );
  return exitCode.done;
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
