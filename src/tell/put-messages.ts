import { inHours } from "../heal/hours.ts";
import { takes } from "./channels/takes.ts";
import type { Incident } from "./incident.ts";
import type { MessageKind } from "./message.ts";
import type { Severity } from "../value/severity.ts";
import type { ChannelRule, TellFile } from "../compile/tell-rule.ts";
import type { Telling } from "./telling.ts";

const hour = 3_600_000;

/** How long a message is tried before it is given up, which is an alert of its own. */
const lives: Readonly<Record<Severity, number>> = {
  critical: 24 * hour,
  error: 12 * hour,
  warning: 4 * hour,
  info: 4 * hour,
};

export type NewMessage = {
  kind: MessageKind;
  incident: Incident | null;
  severity: Severity;
  title: string;
  lines: readonly string[];
  service: string | null;
  /** When what it tells happened. */
  at: number;
  silent?: boolean;
};

export function channelOf(file: TellFile, target: string): ChannelRule | null {
  const rule = file.targets.find(({ id }) => id === target);
  return file.channels.find(({ name }) => name === rule?.channel) ?? null;
}

/** Puts a message into the outbox for one target, unless its channel has no use for such a message. Returns the row. */
export function putMessage(telling: Telling, target: string, message: NewMessage): number | null {
  const { store, file, now, random, wake } = telling;
  const channel = channelOf(file, target);
  if (channel === null || !takes(channel.settings.kind, message.kind)) return null;
  const { severity, incident } = message;
  const quiet = severity === "critical" || message.kind === "test" ? null : quietUntil(channel, now);
  const id = store.outbox.add({
    uid: random(),
    app: file.app,
    incident: incident?.id ?? null,
    target,
    kind: message.kind,
    severity,
    title: message.title,
    lines: message.lines,
    service: message.service,
    at: message.at,
    silent: message.silent ?? false,
    nextAttempt: quiet ?? now,
    created: now,
    expires: Math.max(now, quiet ?? 0) + lives[severity],
    why: quiet === null ? null : `quiet hours of ${channel.name}`,
  });
  wake();
  return id;
}

/** null when it is not quiet now. */
function quietUntil({ quiet }: ChannelRule, now: number): number | null {
  if (quiet === null) return null;
  const hours = inHours(quiet, now);
  return hours.open === true ? hours.until : null;
}
