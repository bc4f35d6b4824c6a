import type { Diagnostic } from "../report/diagnostic.ts";
import type { Consent } from "./adopt.ts";
import type { Intent } from "./change.ts";
import type { Desired } from "./desired.ts";
import type { Adopted, ForeignUnit } from "./foreign-unit.ts";
import type { HostState } from "./host-state.ts";
import type { Plan } from "./plan.ts";

export type PlanInput = {
  /** null plans the removal of everything. */
  desired: Desired | null;
  /** The generation that is in force, if there is one. */
  previous: { number: number; desired: Desired; specSays: string } | null;
  /** The highest generation number ever used. */
  lastNumber: number;
  state: HostState;
  /** What an operator has decided by hand, by unit. */
  intents: ReadonlyMap<string, Intent>;
  purpose: Plan["purpose"];
  /** Hash of the spec's text and environment. */
  specHash: string;
  /** Hash of what the spec says: a change that no file shows is recorded as a generation, too. */
  specSays: string;
  /** What compiling had to say about the target. */
  diagnostics: readonly Diagnostic[];
  /** Paths of shared files that other applications need. */
  neededByOthers: ReadonlySet<string>;
  /** Which units of other hands may be taken over; none when not given. */
  adopt?: Consent;
  /** Whether the application may become another environment than it is. */
  mayBecome?: boolean;
};

/** The input with what follows from it. */
export type Planning = PlanInput & {
  /** Units that are taken over by this change. */
  adoptions: ReadonlyMap<string, ForeignUnit>;
  /** Units that were taken over and go out of the application. */
  givenBack: readonly Adopted[];
};
