/** A heal from its decision to its end. `step` is the last one begun: whoever resumes goes on from it. */
export type HealRow = {
  id: number;
  app: string;
  service: string;
  unit: string;
  at: number;
  who: string;
  act: "restart" | "reload" | "recycle" | "stop";
  cause: string;
  check: string | null;
  why: string;
  counts: boolean;
  step: HealStep | null;
  pidBefore: number | null;
  /** The run of the unit that is to be ended; null until the first step has looked. */
  invocationBefore: string | null;
  /** Units that stop with it because they require it, and are started again after it. */
  alongside: readonly string[];
  pidAfter: number | null;
  /** Path of the evidence. */
  evidence: string | null;
  readyAt: number | null;
  finished: number | null;
  outcome: "helped" | "did-not-help" | "failed" | "superseded" | null;
  detail: string | null;
};

export type HealStep = "evidence" | "run-first" | "stop" | "kill-rest" | "start" | "ready" | "prove";
