import type { Incidents } from "../store/incidents.ts";
import type { Outbox } from "../store/outbox.ts";
import type { Reviews } from "../store/reviews.ts";
import type { Silences } from "../store/silences.ts";
import type { Targets } from "../store/targets.ts";
import type { TellMarks } from "../store/tell-marks.ts";
import type { TellFile } from "../compile/tell-rule.ts";

export type TellStore = {
  incidents: Incidents;
  outbox: Outbox;
  targets: Targets;
  silences: Silences;
  reviews: Reviews;
  marks: TellMarks;
};

/**
 * What telling goes by; time and randomness are arguments. Everything here writes within the transaction of whoever calls:
 * what happened, the incident and its messages are on record together or not at all.
 */
export type Telling = {
  store: TellStore;
  file: TellFile;
  now: number;
  /** Unique, of [A-Za-z0-9-], at most 40. */
  random: () => string;
  /** Something is due: whoever sends is started, or looks again. */
  wake: () => void;
};
