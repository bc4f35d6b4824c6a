import { createHash } from "node:crypto";
import { readHeld } from "../apply/breaker.ts";
import type { Consent } from "../plan/adopt.ts";
import type { Intent } from "../plan/change.ts";
import type { Desired } from "../plan/desired.ts";
import { type HostState } from "../plan/host-state.ts";
import { readHostState } from "../plan/read-host-state.ts";
import { makePlan, withAdopted } from "../plan/make-plan.ts";
import type { PlanInput } from "../plan/plan-input.ts";
import type { Plan } from "../plan/plan.ts";
import { specSaidBy } from "../rehearse/evidence/judge-evidence.ts";
import { hashOfSpec } from "../spec/hash-of-spec.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import type { Session } from "./session.ts";

export type Planned = {
  plan: Plan;
  state: HostState;
  /** What is wanted, with what has to be known of units that are taken over; null: nothing. */
  desired: Desired | null;
};

/** Reads the host and makes the plan that leads to `desired` (null: to nothing of it). */
export async function planChange(
  session: Session,
  app: string,
  desired: Desired | null,
  options: {
    purpose: Plan["purpose"];
    specText: string;
    profiles?: readonly string[];
    losses?: readonly Diagnostic[];
    /** Which units of other hands may be taken over. */
    adopt?: Consent;
    mayBecome?: boolean;
  },
): Promise<Planned> {
  const host = await session.host();
  const record = session.record();
  const previous = await session.currentGeneration(app);
  const state = await readHostState(host, desired, previous?.desired ?? null);
  const input: PlanInput = {
    desired,
    previous: previous && {
      number: previous.number,
      desired: previous.desired,
      specSays: specSaidBy(previous),
    },
    lastNumber: record?.changes.highestGeneration(app) ?? 0,
    state,
    intents: await intentsWithHeld(session, app, desired),
    purpose: options.purpose,
    specSays: hashOfSpec(options.specText),
    specHash: createHash("sha256")
      .update([desired?.environment ?? "", options.specText, ...(options.profiles ?? [])].join("\0"))
      .digest("hex"),
    diagnostics: options.losses ?? [],
    neededByOthers: await neededByOthers(session, app),
    ...(options.adopt === undefined ? {} : { adopt: options.adopt }),
    ...(options.mayBecome ? { mayBecome: true } : {}),
  };
  return { plan: makePlan(input), state, desired: withAdopted(input) };
}

/** What a circuit breaker holds stays stopped, like what a person has stopped: systemd would refuse its start. */
async function intentsWithHeld(
  session: Session,
  app: string,
  desired: Desired | null,
): Promise<Map<string, Intent>> {
  const intents = new Map(session.record()?.records.intents(app));
  if (desired === null || desired.watch.supervision === "systemd") return intents;
  for (const { unit } of desired.services) {
    const held = await readHeld(await session.host(), session.stateDirectory, unit);
    if (held === null) continue;
    const at = new Date(held.since ?? Date.now()).toISOString();
    const boot = intents.get(unit)?.boot ?? null;
    intents.set(unit, { stopped: true, boot, who: "its circuit breaker", why: held.why, at });
  }
  return intents;
}

/** Files that several applications share go with the last of them. */
async function neededByOthers(session: Session, app: string): Promise<Set<string>> {
  const others = (session.record()?.changes.apps() ?? []).filter((other) => other !== app);
  const generations = await Promise.all(others.map((other) => session.currentGeneration(other)));
  const artifacts = generations.flatMap((generation) => generation?.desired.artifacts ?? []);
  return new Set(artifacts.flatMap(({ path, shared }) => (shared ? [path] : [])));
}
