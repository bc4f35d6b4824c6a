import type { Channel, Delivery } from "./channel.ts";
import { backOff, chooseRows } from "./choose-rows.ts";
import type { OutboxRow, TargetState } from "./incident.ts";
import { makeDigest, makeMessage, type Voice } from "./make-message.ts";
import { channelOf, putMessage } from "./put-messages.ts";
import type { TargetRule, ChannelRule } from "../compile/tell-rule.ts";
import type { Telling } from "./telling.ts";
import { tellBrokenChannel } from "./tick.ts";
import { takeTransition } from "./raise.ts";

export type Delivering = {
  /** At this moment. */
  telling: () => Telling;
  /** All of it, or none. */
  together: <T>(work: () => T) => T;
  /** The channel of a target. */
  open: (channel: ChannelRule, target: TargetRule) => Promise<Channel>;
  voice: () => Promise<Voice>;
  say: (level: number, text: string) => void;
  /** 0 to 1. */
  chance: () => number;
  signal: AbortSignal;
};

/** Longer than a channel may take, so that nobody else sends what is being sent. */
const lease = 30_000;
const fallbackAfter = { failures: 2, time: 60_000 };

/**
 * Sends what is due to one target, one after the other, and returns when it has to wait: until when, or null when nothing is
 * left. Each row is claimed, sent, and marked; who is cut short between these leaves a lease that runs out, and the row is
 * sent again. A target that fails holds up nobody but itself.
 */
export async function deliverTo(delivering: Delivering, targetId: string): Promise<number | null> {
  const { signal, together } = delivering;
  while (!signal.aborted) {
    const telling = delivering.telling();
    const { store, file, now } = telling;
    const target = file.targets.find(({ id }) => id === targetId);
    const channel = channelOf(file, targetId);
    if (target === undefined || channel === null) {
      const lost = store.outbox.pending(file.app, targetId).map(({ id }) => id);
      store.outbox.markDead(lost, now, "its channel is not declared any more");
      return null;
    }
    const chosen = chooseRows(
      store.outbox.pending(file.app, targetId),
      channel,
      store.targets.state(file.app, targetId),
      store.outbox.sentSince(file.app, targetId, now - channel.most.window, channel.most.count),
      now,
    );
    if (chosen.kind === "wait") return chosen.until;
    const ids = chosen.rows.map(({ id }) => id);
    if (chosen.kind === "hold") {
      store.outbox.postpone(ids, chosen.until, chosen.why);
      continue;
    }
    if (!store.outbox.claim(ids, now, now + lease)) continue;
    const voice = await delivering.voice();
    const message = chosen.together
      ? makeDigest(telling, channel, chosen.rows, voice)
      : makeMessage(telling, channel, chosen.rows[0]!, voice);
    const sender = await delivering.open(channel, target);
    const delivery = await sender.send(message, signal);
    together(() => record(delivering, channel, targetId, chosen.rows, delivery));
  }
  return null;
}

function record(
  delivering: Delivering,
  channel: ChannelRule,
  target: string,
  rows: readonly OutboxRow[],
  delivery: Delivery,
): void {
  const telling = delivering.telling();
  const { store, file, now } = telling;
  const ids = rows.map(({ id }) => id);
  const state = store.targets.state(file.app, target);
  switch (delivery.result) {
    case "sent":
      store.outbox.markSent(ids, now, delivery.providerId);
      works(delivering, telling, channel, state, rows);
      return;
    case "later": {
      const failures = state.failures + 1;
      const wait = delivery.after ?? backOff(failures, delivering.chance());
      store.outbox.putBack(ids, now + wait, delivery.why, delivery.ambiguous);
      const failing = { ...state, failures, failingSince: state.failingSince ?? now };
      store.targets.save(file.app, { ...failing, lastError: delivery.why, retryAt: now + wait });
      if (failures === 1) delivering.say(4, `${target}: not delivered: ${delivery.why}; it is tried again`);
      if (failures >= fallbackAfter.failures || now - failing.failingSince >= fallbackAfter.time)
        fallBack(telling, channel, target, rows, delivery.why);
      return;
    }
    case "refused":
      store.outbox.markDead(ids, now, delivery.why);
      store.targets.save(file.app, {
        ...state,
        failures: state.failures + 1,
        failingSince: state.failingSince ?? now,
        lastError: delivery.why,
        brokenWhy: delivery.why,
        retryAt: null,
      });
      delivering.say(1, `${target} cannot be told, and trying again is useless: ${delivery.why}`);
      fallBack(telling, channel, target, rows, delivery.why);
      tellBrokenChannel(telling, target, delivery.why);
  }
}

/** What was wrong with it is over. */
function works(
  { say }: Delivering,
  telling: Telling,
  channel: ChannelRule,
  state: TargetState,
  rows: readonly OutboxRow[],
): void {
  const { store, file, now } = telling;
  if (state.failingSince !== null) {
    say(5, `${state.target}: messages get through again`);
    store.outbox.hurry(file.app, state.target, now);
  }
  const tested = rows.some(({ kind }) => kind === "test");
  store.targets.save(file.app, {
    ...state,
    lastSuccess: now,
    failingSince: null,
    failures: 0,
    lastError: null,
    retryAt: null,
    brokenWhy: null,
    testedAt: tested ? now : state.testedAt,
  });
  takeTransition(telling, {
    change: "clear",
    at: now,
    service: null,
    source: "channel",
    subject: channel.name,
    says: `${channel.name} gets through again`,
  });
}

/** What matters is told by the other channel at once; once for each incident. */
function fallBack(
  telling: Telling,
  channel: ChannelRule,
  target: string,
  rows: readonly OutboxRow[],
  why: string,
): void {
  const { store } = telling;
  const { fallback } = channel;
  if (fallback === null || fallback === target) return;
  for (const row of rows) {
    const matters = row.severity === "critical" || row.severity === "error";
    const isNews = row.kind === "open" || row.kind === "update" || row.kind === "reminder";
    const incident = row.incident === null ? null : store.incidents.get(row.incident);
    if (!matters || !isNews || incident === null) continue;
    if (store.outbox.ofIncidentTo(incident.id, fallback).some(({ status }) => status !== "superseded"))
      continue;
    const put = putMessage(telling, fallback, {
      kind: "open",
      incident,
      severity: row.severity,
      title: row.title,
      lines: [...row.lines, `instead of ${target}, which does not work: ${why}`],
      service: row.service,
      at: row.at,
    });
    if (put !== null)
      store.incidents.addEvent(
        incident.id,
        telling.now,
        "delivery",
        "holdfast",
        `${fallback} instead of ${target}: ${why}`,
      );
  }
}
