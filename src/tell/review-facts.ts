import type { HealRow } from "../heal/heal-row.ts";
import type { Alert, Incident, IncidentEvent, OutboxRow } from "./incident.ts";

/** Something to be done at a level of an incident, and who has done it. Milliseconds since the epoch, here and below. */
export type Duty = {
  /** From 1, within the incident. */
  number: number;
  level: string | null;
  says: string;
  done: number | null;
  who: string | null;
};

/** What only people can say. */
export type ReviewAnswers = {
  cause?: string;
  impact?: string;
  why?: string;
  /** Why no action follows. */
  noAction?: string;
  /** One line, where that is enough of a review. */
  note?: string;
  factors?: readonly string[];
  well?: readonly string[];
  wrong?: readonly string[];
  improve?: readonly string[];
  lessons?: readonly string[];
  training?: readonly string[];
  attendees?: readonly string[];
  preventMonitoring?: readonly string[];
  preventProcess?: readonly string[];
  preventTechnical?: readonly string[];
};

/** What follows from an incident: somebody does something by a day. */
export type ReviewAction = {
  id: number;
  incident: number;
  says: string;
  owner: string;
  /** The end of the day. */
  due: number;
  done: number | null;
  doneBy: string | null;
  /** When its owner was last reminded. */
  reminded: number | null;
};

/** Something that changed on the host; unknown: it could not be found out. */
export type Changed = { at: number; kind: "change" | "package" | "boot" | "unknown"; says: string };

export type EvidenceFile = { name: string; size: number; sha256: string; redactions: number };

/** What a bundle of evidence holds, and what it lacks. */
export type EvidenceManifest = {
  version: 1;
  incident: string;
  /** When it was gathered, and how long that took. */
  at: string;
  took: number;
  files: readonly EvidenceFile[];
  /** How often something was hidden, in all files. */
  redactions: number;
  /** What could not be had, with the reason. */
  missing: Readonly<Record<string, string>>;
  /** Of all the above, as JSON without blanks. */
  sha256: string;
};

export type EvidenceBundle = { directory: string; manifest: EvidenceManifest };

/** All that a review is made of. */
export type ReviewFacts = {
  incident: Incident;
  alerts: readonly Alert[];
  /** Oldest first. */
  timeline: readonly IncidentEvent[];
  messages: readonly OutboxRow[];
  heals: readonly HealRow[];
  changed: readonly Changed[];
  /** Newest first. */
  similar: readonly Incident[];
  evidence: readonly EvidenceBundle[];
  duties: readonly Duty[];
  answers: ReviewAnswers;
  actions: readonly ReviewAction[];
  nextReview: number | null;
};
