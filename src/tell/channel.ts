import type { Secret } from "../value/secret.ts";
import type { Message } from "./message.ts";

/**
 * What came of a try. sent: the other side has taken it; `providerId` finds the message there. later: try again, not before
 * `after` milliseconds when the other side said so; `ambiguous` when it may have been delivered all the same (the connection
 * broke or the time ran out after everything was sent). refused: trying again is useless (bad token, no such chat).
 */
export type Delivery =
  | { result: "sent"; providerId: string | null }
  | { result: "later"; why: string; after: number | null; ambiguous: boolean }
  | { result: "refused"; why: string };

/** What somebody did in a channel that can be talked to. `by` is what the provider vouches for, such as telegram:12345. */
export type ChannelAct = {
  act: "acknowledge" | "resolve" | "mute";
  /** Name of the incident, as in Message.incident. */
  incident: string;
  by: string;
  /** As people know them. */
  name: string;
  /** Shown to who pressed; called once. */
  answer: (text: string) => Promise<void>;
};

export type Listening = {
  onAct: (act: ChannelAct) => Promise<void>;
  /** Where the provider's queue was read up to; kept in the record, so that nothing is acted on twice. */
  cursor: { read: () => string | null; write: (cursor: string) => void };
  /** A connection that breaks is made again by itself; this is told when it breaks and works again. */
  onTrouble: (why: string | null) => void;
  signal: AbortSignal;
};

/** One way to reach people. Every implementation passes test/contract/channel.contract.ts. */
export interface Channel {
  /** Never throws: all that can go wrong is a Delivery. Ends within 10 s. Its words never hold a secret. */
  send(message: Message, signal: AbortSignal): Promise<Delivery>;
  /** Present where people can answer; resolves when the signal aborts. Never throws. */
  listen?(listening: Listening): Promise<void>;
}

/** Gives the secrets of a channel by the names that its settings use. */
export type SecretOf = (id: string) => Secret;
