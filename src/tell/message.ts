import type { Severity } from "../value/severity.ts";

/**
 * What a message is about. open: the first that a target hears of an incident. update: it got worse, or is told at a further
 * level. reminder: it is still open. resolve: it is over. recovered: it was and is over, in one message, because the first
 * never got through. notice: something that has already ended, or that is not an incident. digest: many things in one.
 * test: nothing has happened.
 */
export type MessageKind =
  | "open"
  | "update"
  | "reminder"
  | "ack"
  | "resolve"
  | "recovered"
  | "notice"
  | "digest"
  | "test";

/** A message as every channel gets it: facts and plain text. What a channel wants escaped or cut, it escapes and cuts itself. */
export type Message = {
  /** Of the row in the outbox: the same for every try, so that whoever can, drops a repetition. At most 64 of [A-Za-z0-9-]. */
  id: string;
  kind: MessageKind;
  severity: Severity;
  /** What the severity is called here, such as "High"; the severity itself where it has no other name. */
  label: string;
  /** Such as INC-20261129-155003; null when it is about no incident. */
  incident: string | null;
  /** One for all messages of an incident, never used again; null when it is about no incident. At most 64 of [A-Za-z0-9-]. */
  dedupKey: string | null;
  /** Counts the messages of an incident to this target, from 1: a person sees a duplicate as one. */
  sequence: number;
  app: string;
  /** null: of the whole application. */
  service: string | null;
  /** Short name of the host. */
  host: string;
  /** One line, without severity and names, such as "bot is frozen: no beat for 31s". */
  title: string;
  /** Further lines, plain text, may be empty and may be very long. */
  lines: readonly string[];
  /** Milliseconds since the epoch: when what it tells happened. */
  at: number;
  /** It may have been delivered before: the answer to an earlier try was not seen. */
  repeat: boolean;
  /** Wakes nobody: the weekly test of the path. */
  silent: boolean;
  /** May be acknowledged by whoever reads it, where the channel can. */
  acknowledgeable: boolean;
};

/** A line that says all of it: "[High] polybot/bot on vps1: bot is frozen (INC-20261129-155003 #2)". */
export function headline(message: Message): string {
  const { label, app, service, host, title, incident, sequence, repeat } = message;
  const who = service === null ? app : `${app}/${service}`;
  const which = incident === null ? "" : ` (${incident} #${sequence})`;
  return `[${headWord(message, label)}] ${who} on ${host}: ${title}${which}${repeat ? " (repeat)" : ""}`;
}

function headWord({ kind }: Message, label: string): string {
  switch (kind) {
    case "resolve":
    case "recovered":
      return "recovered";
    case "ack":
      return "acknowledged";
    case "reminder":
      return `${label}, still open`;
    case "digest":
    case "test":
      return kind;
    default:
      return label;
  }
}
