import type { CheckRule } from "../compile/watch-rule.ts";
import type { Reading } from "../heal/reading.ts";
import type { StepEvent } from "../heal/step-event.ts";
import { takeCrashes, takeReading } from "../heal/step.ts";
import type { EventKind } from "../heal/watch-event.ts";
import type { ActContext } from "./acts.ts";
import { heldBack, stoppedBy, type Said } from "./circumstances.ts";
import { markOf, restartsSince } from "./count-restarts.ts";
import { isNews, type Watched } from "./watched.ts";

/** The parts of watching that the resident agent and a single check have in common. */
export type Round = Pick<ActContext, "memory" | "say" | "now">;

/** While we or an apply stop and start it, its unit is down because of that. */
export function isBusy(of: Watched, said: Said): boolean {
  return of.acting || (of.heal !== null && of.heal.step !== "prove") || said.changing.has(of.app);
}

/** What people have said of it now. `clockSetAt`: undefined when nobody could have seen it. */
export function setCircumstances(
  of: Watched,
  said: Said,
  around: { paused: string | null; clockSetAt: number | null | undefined; now: number },
): void {
  const { clockSetAt } = around;
  const held = heldBack(said.silences, of.app, of.rule.service, around.now);
  const { unit, breaker } = of.state;
  const ours = isBusy(of, said) || of.heal !== null || breaker.state !== "closed";
  of.state = {
    ...of.state,
    circumstances: {
      stoppedBy: stoppedBy(said.intents.get(of.rule.unit), unit, ours),
      changing: said.changing.has(of.app),
      paused: around.paused ?? held.paused,
      unwatched: held.unwatched,
      ...(clockSetAt === undefined ? {} : { clockSetAt }),
    },
  };
}

/** Takes a reading into the state of its service, and records and says what it has changed. Could a decision be another one now? */
export function take({ memory, say, now }: Round, of: Watched, check: CheckRule, reading: Reading): boolean {
  const before = of.state.checks[check.id];
  const { state, events } = takeReading(of.rule, of.state, check.id, reading, now());
  of.state = state;
  const after = state.checks[check.id]!;
  of.unsaved.add(check.id);
  const same =
    after.verdict === "ok" && before?.verdict === "ok" && after.last?.result === before.last?.result;
  if (events.length === 0 && !isNews(before, after)) return !same;
  for (const event of events) say(levelOf(event.kind, check), `${of.name}: ${event.says}`);
  const { app, rule } = of;
  const saved = memory.write(events.length > 0 ? "lasting" : "lightly", (record) => {
    record.saveCheckState(app, rule.service, check.id, after);
    for (const event of events) record.addEvent({ ...event, app, service: rule.service });
    const again = check.look.kind === "unit" && events.find(({ kind }) => kind === "check-recovered");
    if (again)
      memory.records.closeGiveUps(rule.unit, "nobody", new Date(again.at).toISOString(), "it runs again");
  });
  if (saved) of.unsaved.delete(check.id);
  return true;
}

/** Forgets checks that the rules of a service do not have any more, and records and says what ends with them. */
export function forgetEnded({ memory, say }: Round, of: Watched, ended: readonly StepEvent[]): void {
  const { app, rule } = of;
  const over = new Set(ended.map(({ check }) => check));
  const kept = rule.checks.flatMap(({ id }) => (over.has(id) ? [] : [id]));
  for (const { says } of ended) say(5, `${of.name}: ${says}`);
  memory.write(ended.length > 0 ? "lasting" : "lightly", (record) => {
    record.forgetChecks(app, rule.service, kept);
    for (const event of ended) record.addEvent({ ...event, app, service: rule.service });
  });
}

/** Writes the states that are only in memory yet. */
export function saveStates({ memory }: Round, of: Watched): void {
  if (of.unsaved.size === 0) return;
  const { app, rule, state } = of;
  const ids = [...of.unsaved];
  of.unsaved.clear();
  memory.write("lightly", (record) => {
    for (const id of ids)
      if (state.checks[id]) record.saveCheckState(app, rule.service, id, state.checks[id]);
  });
}

/** Counts restarts by systemd since the unit was last looked at, whoever looked. `unseen`: nobody watched meanwhile. */
export function noteRestarts({ memory, say, now }: Round, of: Watched, boot: string, unseen: boolean): void {
  const at = now();
  const { unit } = of.state;
  const restarts = restartsSince(of.mark, unit, boot);
  const mark = markOf(of.mark, unit, boot, at);
  if (mark === of.mark) return;
  const since = of.mark?.at ?? at;
  of.mark = mark;
  const says = describeRestarts(restarts, unseen, of.lastEnd);
  memory.write("lightly", (record) => {
    record.saveMark(of.rule.unit, mark);
    if (restarts > 0)
      record.addEvent({
        at,
        app: of.app,
        service: of.rule.service,
        kind: "restarted-by-systemd",
        check: null,
        says,
        data: { restarts, cause: of.lastEnd, count: unit.restarts, pid: unit.pid, since },
      });
  });
  if (restarts === 0) return;
  say(4, `${of.name}: ${says}`);
  of.state = takeCrashes(of.rule, of.state, Array<number>(Math.min(restarts, 1000)).fill(at), at);
}

function describeRestarts(restarts: number, unseen: boolean, cause: string | null): string {
  const times = restarts > 1 ? ` ${restarts} times` : "";
  const why = cause === null ? "" : `: ${cause}`;
  return `systemd restarted it${times}${unseen ? " while nobody watched" : ""}${why}`;
}

function levelOf(kind: EventKind, check: CheckRule): number {
  if (kind === "check-failing") return check.severity === "error" ? 3 : 4;
  return kind === "check-recovered" || kind === "check-calm" ? 5 : 4;
}
