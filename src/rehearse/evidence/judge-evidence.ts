import { createHash } from "node:crypto";
import { usualEvidence } from "../../compile/drill.ts";
import type { Desired } from "../../plan/desired.ts";
import type { Rehearsed } from "../../store/rehearsals.ts";
import { hashOfSpec } from "../../spec/hash-of-spec.ts";
import type { Generation } from "../../store/generations.ts";
import { describeDuration } from "../../value/duration.ts";
import type { Verdict } from "../outcome.ts";

/** What evidence has to be of to count. */
export type InForce = {
  spec: string;
  environment: string | null;
  artifacts: string;
  systemd: string;
  /** How old evidence may be, in milliseconds. */
  evidence: number;
};

/** missing: nobody ever tried. stale: it was tried with something else, or long ago. */
export type Evidence = {
  state: "fresh" | "stale" | "missing";
  /** Of the newest report that counts; of the newest one of all when none does. */
  at: number | null;
  /** When it was last tried on this machine itself. */
  drilledAt: number | null;
  counts: Readonly<Record<Verdict, number>>;
  /** Promises that were broken when they were last tried: "bot crash". */
  broken: readonly string[];
  /** Why it is stale; null when it is not. */
  why: string | null;
};

const nothing: Evidence["counts"] = { kept: 0, broken: 0, gap: 0, "not-rehearsed": 0 };

/** SHA-256 of everything that is installed: what a spec becomes differs by target, profile and version of Holdfast. */
export function hashOfArtifacts(artifacts: Desired["artifacts"]): string {
  const files = artifacts.map(({ path, mode, text }) => JSON.stringify([path, mode, text])).toSorted();
  return createHash("sha256").update(files.join("\n")).digest("hex");
}

/** Hash of what the spec of a generation says; status is asked often, and reads no YAML for it. */
export function specSaidBy({ plan, specText }: Pick<Generation, "plan" | "specText">): string {
  return plan.basedOn.says ?? hashOfSpec(specText);
}

/** What evidence of a generation has to be of. */
export function inForceOf(generation: Generation, systemd: string): InForce {
  const { desired } = generation;
  return {
    spec: specSaidBy(generation),
    environment: desired.environment,
    artifacts: hashOfArtifacts(desired.artifacts),
    systemd,
    evidence: desired.drill?.evidence ?? usualEvidence,
  };
}

/**
 * What is known of an application's promises. Of reports that count, the newest word on each fault holds: a single fault that
 * is rehearsed again does not make the others forgotten.
 */
export function judgeEvidence(newestFirst: readonly Rehearsed[], inForce: InForce, now: number): Evidence {
  const [newest] = newestFirst;
  if (newest === undefined)
    return { state: "missing", at: null, drilledAt: null, counts: nothing, broken: [], why: null };
  const valid = newestFirst.filter((one) => whyStale(one, inForce, now) === null);
  const counted = valid.length === 0 ? [newest] : valid;
  const words = new Map<string, Verdict>();
  for (const { verdicts } of counted.toReversed())
    for (const { fault, service, verdict } of verdicts)
      // What could not be tried this time says nothing against what was seen before.
      if (verdict !== "not-rehearsed" || !words.has(nameOf(fault, service)))
        words.set(nameOf(fault, service), verdict);
  const all = [...words];
  return {
    state: valid.length === 0 ? "stale" : "fresh",
    at: counted[0]!.at,
    drilledAt: newestFirst.find(({ kind }) => kind === "drill")?.at ?? null,
    counts: {
      kept: all.filter(([, verdict]) => verdict === "kept").length,
      broken: all.filter(([, verdict]) => verdict === "broken").length,
      gap: all.filter(([, verdict]) => verdict === "gap").length,
      "not-rehearsed": all.filter(([, verdict]) => verdict === "not-rehearsed").length,
    },
    broken: all.filter(([, verdict]) => verdict === "broken").map(([name]) => name),
    why: valid.length === 0 ? whyStale(newest, inForce, now) : null,
  };
}

function nameOf(fault: string, service: string | null): string {
  return service === null ? fault : `${service} ${fault}`;
}

function whyStale(one: Rehearsed, inForce: InForce, now: number): string | null {
  if (one.environment !== inForce.environment)
    return `it was of ${one.environment === null ? "no environment" : `environment ${one.environment}`}`;
  if (one.spec !== inForce.spec) return "the spec has changed since";
  if (one.artifacts !== null && one.artifacts !== inForce.artifacts)
    return "what the spec becomes on this host has changed since";
  if (one.systemd !== inForce.systemd)
    return `it was with systemd ${one.systemd}, and this host has ${inForce.systemd}`;
  return now - one.at > inForce.evidence ? `it is older than ${describeDuration(inForce.evidence)}` : null;
}

/** "rehearsed 3 d ago: 19 kept, 1 broken; for the spec in force". */
export function describeEvidence({ state, at, drilledAt, counts, why }: Evidence, now: number): string {
  if (state === "missing" || at === null) return "never rehearsed";
  const ago = (moment: number): string => `${describeDuration(Math.max(1, now - moment))} ago`;
  const words = { kept: "kept", broken: "broken", gap: "not promised", "not-rehearsed": "" } as const;
  const found = (["kept", "broken", "gap"] as const)
    .filter((verdict) => counts[verdict] > 0)
    .map((verdict) => `${counts[verdict]} ${words[verdict]}`);
  const how = drilledAt === at ? "drilled" : "rehearsed";
  const drill = drilledAt === null || drilledAt === at ? "" : `; last drill ${ago(drilledAt)}`;
  return `${how} ${ago(at)}: ${found.join(", ") || "nothing could be tried"}; ${why === null ? "for the spec in force" : `stale: ${why}`}${drill}`;
}
