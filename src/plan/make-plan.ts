import { adoptedUnits, checkAdoptions, checkRenamed, findAdoptions } from "./adopt.ts";
import { startAgent } from "./agent-steps.ts";
import type { Desired } from "./desired.ts";
import { checkEnvironment } from "./check-environment.ts";
import { checkFiles, checkUnits } from "./drift.ts";
import { fileChanges } from "./file-changes.ts";
import { hashHostState } from "./hash-host-state.ts";
import type { PlanInput, Planning } from "./plan-input.ts";
import type { Plan } from "./plan.ts";
import { prepareSteps } from "./prepare-steps.ts";
import { runSteps } from "./run-steps.ts";
import { startTimers } from "./timer-steps.ts";
import { unitSteps } from "./unit-steps.ts";
import { unitsBefore } from "./units-before.ts";

/** What is wanted, with what has to be known of the units that it takes over; stored with the generation. */
export function withAdopted(input: PlanInput): Desired | null {
  const { desired, previous, state, adopt } = input;
  if (desired === null) return null;
  const adoptions = findAdoptions(desired, state, adopt ?? new Set());
  const adopted = adoptedUnits(desired, previous?.desired ?? null, adoptions, state);
  const { adopted: _, ...rest } = desired;
  return adopted.length === 0 ? rest : { ...rest, adopted };
}

/** Decides what has to be done to bring the host from its state to the desired one. Pure. */
export function makePlan(asked: PlanInput): Plan {
  const { desired, previous, state } = asked;
  const kept = new Set(desired?.artifacts.map(({ unit }) => unit));
  const input: Planning = {
    ...asked,
    adoptions: findAdoptions(desired, state, asked.adopt ?? new Set()),
    givenBack: (previous?.desired.adopted ?? []).filter(({ unit }) => !kept.has(unit)),
  };
  const base = (desired ?? previous?.desired)!;
  const changes = fileChanges(input);
  const changed = changes.filter((change) => change.action !== "keep");
  const steps = [
    ...prepareSteps(input, changed),
    ...unitSteps(input, changed),
    ...runSteps(input, changes),
    ...startTimers(desired, state, changed),
    ...startAgent(desired, state, changed),
  ];
  return {
    version: 1,
    app: base.app,
    scope: base.scope,
    environment: desired?.environment ?? null,
    purpose: input.purpose,
    from: previous?.number ?? null,
    to: desired === null ? null : steps.length === 0 ? recordedAs(input) : input.lastNumber + 1,
    supervision: newSupervision(desired, previous?.desired ?? null),
    telling: newTelling(desired, previous?.desired ?? null),
    basedOn: { spec: input.specHash, host: hashHostState(state), says: input.specSays },
    changes,
    steps,
    units: unitsBefore(desired, previous?.desired ?? null, state),
    diagnostics: [
      ...input.diagnostics,
      ...checkEnvironment(input),
      ...checkFiles(base.app, desired, previous?.desired ?? null, state, input.adoptions),
      ...checkUnits(desired, state, input.adoptions),
      ...checkAdoptions(input.adoptions, input.givenBack, state),
      ...checkRenamed(desired, previous?.desired ?? null, input.givenBack),
    ],
  };
}

/** The generation that says the same; a new one when none does, for what is in no file: when a service counts as ready, its stand-ins. */
function recordedAs({ desired, previous, specSays, lastNumber }: PlanInput): number {
  const essence = (of: Desired): string => JSON.stringify({ ...of, artifacts: [], adopted: [] });
  const same = previous?.specSays === specSays && essence(previous.desired) === essence(desired!);
  return same ? previous.number : lastNumber + 1;
}

function newSupervision(desired: Desired | null, before: Desired | null): Plan["supervision"] {
  const level = desired?.watch.supervision ?? null;
  const watched = desired?.watch.services.length ?? 0;
  return level !== before?.watch.supervision && watched > 0 ? level : null;
}

function newTelling(desired: Desired | null, before: Desired | null): Plan["telling"] {
  if (desired === null) return null;
  const channels = desired.notifier?.channels ?? [];
  const same =
    before !== null && JSON.stringify(before.notifier?.channels ?? []) === JSON.stringify(channels);
  return same ? null : channels;
}
