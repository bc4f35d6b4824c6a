import type { MessageKind } from "./message.ts";
import type { Severity } from "../value/severity.ts";
import type { PolicyRule } from "../compile/tell-rule.ts";

/** Something is wrong with one thing. One is open for a key at a time; what it says and how bad it is are not in the key. */
export type Alert = {
  id: number;
  /** app/service/source or app/service/source:subject; "-" for what is about no service. */
  key: string;
  app: string;
  service: string | null;
  severity: Severity;
  says: string;
  opened: number;
  cleared: number | null;
  /** null while a window holds it back. */
  incident: number | null;
  heldUntil: number | null;
  heldWhy: string | null;
};

export type IncidentState = "open" | "acknowledged" | "resolved";

/** recovered: shown to be good. self-healed: over before anybody had to be told. by-hand: a person said so. no-data: nobody looks any more. */
export type IncidentOutcome = "recovered" | "self-healed" | "by-hand" | "no-data";

/** Alerts of one service, gathered for people. Times in milliseconds since the epoch. */
export type Incident = {
  id: number;
  /** INC-20261129-155003, in UTC; "-2" and so on for the second within a second. */
  name: string;
  /** Given to every provider, for this incident alone and for ever. */
  dedupKey: string;
  app: string;
  /** null: of the application as a whole. */
  service: string | null;
  severity: Severity;
  title: string;
  opened: number;
  openedBy: string;
  state: IncidentState;
  flapping: boolean;
  ackedAt: number | null;
  ackedBy: string | null;
  ackUntil: number | null;
  resolved: number | null;
  resolvedBy: string | null;
  outcome: IncidentOutcome | null;
  /** As it was when the incident opened, or got worse. */
  policy: PolicyRule;
  /** The step that comes next. */
  step: number;
  /** When somebody was first told; null: nobody yet. */
  toldAt: number | null;
  repeats: number;
  /** When the next step is due, and why then; null: none is. */
  due: number | null;
  dueWhy: string | null;
  /** Every step and every repetition was gone through, and nobody has answered. */
  exhausted: boolean;
  respondBy: number | null;
  /** Nobody had answered by then. */
  late: boolean;
  resolveBy: number | null;
  remindAt: number | null;
  /** While flapping: when it is over if nothing happens. */
  calmAt: number | null;
  evidence: string | null;
  reviewed: number | null;
  /** Counts changes: whoever acts on an old one is told so. */
  version: number;
};

/** What a timeline is made of. */
export type IncidentEventKind =
  | "opened"
  | "joined"
  | "worse"
  | "cleared"
  | "told"
  | "held"
  | "skipped"
  | "escalated"
  | "exhausted"
  | "late"
  | "flapping"
  | "acknowledged"
  | "acknowledgement-ended"
  | "muted"
  | "resolved"
  | "reopened"
  | "heal"
  | "change"
  | "evidence"
  | "note"
  | "duty"
  | "reviewed"
  | "delivery";

export type IncidentEvent = {
  id: number;
  incident: number;
  at: number;
  kind: IncidentEventKind;
  who: string;
  says: string;
};

export type OutboxStatus = "pending" | "sent" | "dead" | "superseded";

/** One message to one target. */
export type OutboxRow = {
  id: number;
  /** The message's own, for providers: the same for every try. */
  uid: string;
  app: string;
  incident: number | null;
  target: string;
  /** Of the incident's messages to this target, from 1. */
  sequence: number;
  kind: MessageKind;
  severity: Severity;
  title: string;
  lines: readonly string[];
  service: string | null;
  /** When what it tells happened. */
  at: number;
  silent: boolean;
  status: OutboxStatus;
  attempts: number;
  nextAttempt: number;
  leaseUntil: number | null;
  /** A try may have got through without an answer. */
  ambiguous: boolean;
  firstError: string | null;
  lastError: string | null;
  providerId: string | null;
  created: number;
  sent: number | null;
  expires: number;
  /** Why it waits, was superseded or is dead. */
  why: string | null;
};

/** How a target has been doing. */
export type TargetState = {
  target: string;
  lastSuccess: number | null;
  failingSince: number | null;
  failures: number;
  lastError: string | null;
  retryAt: number | null;
  /** When the path was last shown to work by a test. */
  testedAt: number | null;
  brokenWhy: string | null;
};

export type SilenceKind = "mute" | "maintenance" | "pause";

/**
 * Three verbs that must not be mixed up. mute: nobody is told, everything else goes on. maintenance: planned work; nobody is
 * told and nothing is healed, and what still fails at its end is told then. pause: nothing is looked at.
 */
export type Silence = {
  id: number;
  app: string;
  /** null: all of the application. */
  service: string | null;
  kind: SilenceKind;
  since: number;
  /** null: until somebody ends it (a pause only). */
  until: number | null;
  /** A mute that ends with what it mutes. */
  untilResolved: boolean;
  why: string;
  who: string;
  ended: number | null;
};
