import type { Severity } from "../value/severity.ts";

/** What came of a promise. `gap`: the spec does not promise it, and should perhaps. */
export type Verdict = "kept" | "broken" | "gap" | "not-rehearsed";

/** A moment of a rehearsed fault, in milliseconds since it was done. */
export type Moment = { at: number; what: string; kind: "fault" | "state" | "told" | "check" };

/** Somebody, or nobody, who heard of it. */
export type Told = {
  incident: string;
  severity: Severity;
  summary: string;
  to: readonly string[];
  after: number;
};

export type Outcome = {
  fault: string;
  title: string;
  service: string | null;
  verdict: Verdict;
  /** The promise in one sentence, and the key of the spec that gives it. */
  promise: string;
  because: string;
  /** What was seen, in one sentence. */
  says: string;
  fix: string | null;
  /** Set when it was not rehearsed because the machine below the copy lacks this: nothing of the spec or of its systemd. */
  lacks?: "limits" | "own-kernel";
  /** Milliseconds from the fault until anything noticed it, and until the service was ready again; null when it did not happen. */
  detect: number | null;
  recover: number | null;
  /** Where on the timeline both begin, when something had to be prepared before; otherwise at its start. */
  from?: number;
  told: readonly Told[];
  timeline: readonly Moment[];
  millis: number;
};

/** What a fault's own code says of it; the rest is filled in by who runs it. */
export type Seen = Pick<Outcome, "verdict" | "promise" | "because" | "says"> &
  Partial<Pick<Outcome, "fix" | "detect" | "recover" | "from">>;
