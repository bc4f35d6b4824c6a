import { createHash } from "node:crypto";
import { dirname } from "node:path";
import type { Artifact } from "../compile/artifact.ts";
import { logNamespace } from "../compile/names.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import type { UnitName } from "../value/unit-name.ts";
import {
  adoptedUnits,
  changesOfGivingBack,
  checkAdoptions,
  checkRenamed,
  findAdoptions,
  takeOverSteps,
  type Consent,
} from "./adopt.ts";
import { startAgent } from "./agent-steps.ts";
import { becauseOfItsStart, changeOf, consequenceOfStart, type Intent } from "./change.ts";
import { holdersOfSecrets, type Desired, type DesiredService } from "./desired.ts";
import { checkFiles, checkUnits } from "./drift.ts";
import { effectOf } from "./effect.ts";
import { keptPath, type Adopted, type ForeignUnit } from "./foreign-unit.ts";
import { isRunning, type HostState } from "./host-state.ts";
import { startTimers, stopTimers } from "./timer-steps.ts";
import type { FileChange, Plan, Step } from "./plan.ts";
import { unitsBefore } from "./units-before.ts";

export type PlanInput = {
  /** null plans the removal of everything. */
  desired: Desired | null;
  /** The generation that is in force, if there is one. */
  previous: { number: number; desired: Desired } | null;
  /** The highest generation number ever used. */
  lastNumber: number;
  state: HostState;
  /** What an operator has decided by hand, by unit. */
  intents: ReadonlyMap<string, Intent>;
  purpose: Plan["purpose"];
  /** Hash of the spec's text and environment. */
  specHash: string;
  /** What compiling had to say about the target. */
  diagnostics: readonly Diagnostic[];
  /** Paths of shared files that other applications need. */
  neededByOthers: ReadonlySet<string>;
  /** Which units of other hands may be taken over; none when not given. */
  adopt?: Consent;
};

/** The input with what follows from it. */
type Planning = PlanInput & {
  /** Units that are taken over by this change. */
  adoptions: ReadonlyMap<string, ForeignUnit>;
  /** Units that were taken over and go out of the application. */
  givenBack: readonly Adopted[];
};

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
    to: desired === null ? null : steps.length === 0 ? (previous?.number ?? null) : input.lastNumber + 1,
    supervision: newSupervision(desired, previous?.desired ?? null),
    telling: newTelling(desired, previous?.desired ?? null),
    basedOn: { spec: input.specHash, host: hashHostState(state) },
    changes,
    steps,
    units: unitsBefore(desired, previous?.desired ?? null, state),
    diagnostics: [
      ...input.diagnostics,
      ...checkFiles(base.app, desired, previous?.desired ?? null, state, input.adoptions),
      ...checkUnits(desired, state, input.adoptions),
      ...checkAdoptions(input.adoptions, input.givenBack, state),
      ...checkRenamed(desired, previous?.desired ?? null, input.givenBack),
    ],
  };
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

/** Equal states have equal hashes. Whether a unit runs counts; whether it is just starting does not. */
export function hashHostState(state: HostState): string {
  const units = Object.values(state.units).map((u) => [
    u.unit,
    u.enabled,
    u.fragment,
    u.dropIns,
    u.needsReload,
    isRunning(u.active),
  ]);
  const text = JSON.stringify([
    Object.entries(state.files)
      .map((entry) => JSON.stringify(entry))
      .toSorted(),
    units.map((unit) => JSON.stringify(unit)).toSorted(),
    Object.entries(state.directories)
      .map((entry) => JSON.stringify(entry))
      .toSorted(),
    state.missingParents,
    Object.keys(state.stamps).toSorted(),
    Object.entries(state.credentials)
      .map((entry) => JSON.stringify(entry))
      .toSorted(),
    state.outdated,
    state.foreign,
    state.accountExists,
    state.missingGroups,
  ]);
  return createHash("sha256").update(text).digest("hex");
}

function fileChanges(input: Planning): FileChange[] {
  const { desired, previous, state, intents, neededByOthers, adoptions } = input;
  const fresh = desired?.artifacts ?? [];
  const before = new Map((previous?.desired.artifacts ?? []).map((artifact) => [artifact.path, artifact]));
  const services = new Map((desired?.services ?? []).map((service) => [service.name, service]));
  const kept = new Set(fresh.map((artifact) => artifact.path));
  const gone = (previous?.desired.artifacts ?? []).filter(
    (artifact) =>
      !kept.has(artifact.path) &&
      !(artifact.shared && neededByOthers.has(artifact.path)) &&
      state.files[artifact.path]?.content !== null,
  );
  return [
    ...fresh.map((artifact) =>
      changeOf(
        artifact,
        before.get(artifact.path),
        services.get(artifact.service ?? ""),
        state,
        intents,
        adoptions.get(artifact.unit ?? ""),
      ),
    ),
    ...gone.map((artifact): FileChange => {
      const running = artifact.unit !== undefined && isRunning(state.units[artifact.unit]?.active);
      const back = input.givenBack.find(({ unit }) => unit === artifact.unit);
      if (back && comesBack(back, state)) return changeOfGivingBack(back, artifact, state, running);
      return {
        action: "remove",
        path: artifact.path,
        ...(artifact.unit ? { unit: artifact.unit } : {}),
        directives: [],
        effect: running ? "stop" : "none",
        consequence: running ? "stops it" : "",
      };
    }),
  ];
}

/** Is there a unit once ours has gone: its own file, or that of a package? */
function comesBack({ unit, files, hides }: Adopted, state: HostState): boolean {
  const foreign = state.foreign[unit];
  const isThere = hides === null || foreign?.behind === hides;
  return isThere && files.every((path) => foreign?.kept.includes(path));
}

function changeOfGivingBack(
  adopted: Adopted,
  artifact: Artifact,
  state: HostState,
  running: boolean,
): FileChange {
  const changes = changesOfGivingBack(adopted, artifact);
  const effect = !running ? "none" : changes === null ? "restart" : effectOf(changes);
  return {
    action: "remove",
    path: artifact.path,
    unit: adopted.unit,
    directives: changes ?? [],
    effect,
    consequence: !running
      ? "its own files are back"
      : effect === "restart"
        ? "restart, with its own files"
        : "runs on, with its own files",
    givesBack: state.foreign[adopted.unit]?.kept ?? [],
  };
}

/** What must exist before a unit can be tried: account, directories, credentials. Nothing here touches a running service. */
function prepareSteps({ desired, state }: PlanInput, changed: readonly FileChange[]): Step[] {
  if (!desired) return [];
  const steps: Step[] = [];
  const write = (kind: Artifact["kind"]) => {
    const artifact = desired.artifacts.find((a) => a.kind === kind);
    const differs = artifact !== undefined && changed.some((change) => change.path === artifact.path);
    if (artifact && differs) steps.push(writeStep(artifact, state));
    return { artifact, differs };
  };
  const account = write("sysusers");
  if (account.artifact && (account.differs || !state.accountExists)) {
    steps.push({
      kind: "make-account",
      user: desired.user!,
      file: account.artifact.path,
      existed: state.accountExists,
      newGroups: state.missingGroups,
      mayOwn: unique(desired.services.flatMap((service) => [...service.writes, ...service.ownDirectories])),
    });
  }
  const written = unique(desired.services.flatMap((service) => service.writes));
  const missing = written.filter((path) => state.directories[path] === null);
  const directories = write("tmpfiles");
  if (directories.artifact && (directories.differs || missing.length > 0)) {
    steps.push({
      kind: "make-directories",
      file: directories.artifact.path,
      paths: [...state.missingParents, ...missing].toSorted((a, b) => a.length - b.length),
      before: Object.fromEntries(
        written.flatMap((path) => (state.directories[path] ? [[path, state.directories[path]]] : [])),
      ),
    });
  }
  for (const service of holdersOfSecrets(desired)) {
    for (const { id, source, encrypted } of service.secrets) {
      const copy = encrypted === null ? undefined : state.credentials[encrypted];
      if (encrypted !== null && copy && copy.state !== "current")
        steps.push({
          kind: "encrypt-credential",
          id,
          source,
          path: encrypted,
          unit: service.unit,
          existed: copy.state === "stale",
          makes: copy.missingDirectories,
        });
    }
  }
  steps.push(...loadProfiles(desired, state, changed));
  const services = servicesByUnit(desired);
  for (const change of changed) {
    const service = services.get(change.unit ?? "");
    if (service && (change.effect === "restart" || change.effect === "start" || service.job !== null))
      steps.push({
        kind: "try-program",
        unit: service.unit,
        service: service.name,
        mayMake: newDirectories(service, state),
      });
  }
  return steps;
}

/** Before a program is tried under it. What runs under an earlier one goes on under the new one at once. */
function loadProfiles(desired: Desired, state: HostState, changed: readonly FileChange[]): Step[] {
  const differs = new Set(changed.map(({ path }) => path));
  return desired.artifacts
    .filter(({ kind, path }) => kind === "apparmor" && differs.has(path))
    .flatMap((artifact): Step[] => [
      writeStep(artifact, state),
      { kind: "load-profile", path: artifact.path, existed: state.files[artifact.path]!.content !== null },
    ]);
}

const writtenWithUnits: ReadonlySet<Artifact["kind"]> = new Set([
  "unit",
  "journald",
  "watch",
  "tell",
] as const);

function unitSteps(input: Planning, changed: readonly FileChange[]): Step[] {
  const { desired, previous, state } = input;
  const steps: Step[] = [];
  const removed = changed.filter((change) => change.action === "remove");
  // A slice cannot go before what runs in it; files are listed the other way round.
  for (const { unit, givesBack } of removed.toReversed()) {
    if (!unit || unit.includes("@.")) continue;
    if (givesBack) {
      steps.push(...disableGivenBack(input, unit));
      continue;
    }
    const active = state.units[unit]?.active ?? "inactive";
    // A failed unit, too: systemd would remember the failure of a unit that is gone.
    if (active !== "inactive")
      steps.push({
        kind: "stop",
        unit,
        because: "it is no longer part of the application",
      });
    if (state.units[unit]?.enabled === "enabled") steps.push({ kind: "disable", unit, before: "enabled" });
  }
  steps.push(...stopTimers(desired, state, changed));
  const differing = new Set(changed.map((change) => change.path));
  for (const artifact of desired?.artifacts ?? []) {
    if (!writtenWithUnits.has(artifact.kind) || !differing.has(artifact.path)) continue;
    const foreign = input.adoptions.get(artifact.unit ?? "");
    const taken = foreign ? takeOverSteps(artifact, foreign) : [];
    const replaced = taken.some((step) => "path" in step && step.path === artifact.path);
    steps.push(...(replaced ? [] : [writeStep(artifact, state)]), ...taken);
  }
  const kinds = new Map(
    [...(previous?.desired.artifacts ?? []), ...(desired?.artifacts ?? [])].map((artifact) => [
      artifact.path,
      artifact.kind,
    ]),
  );
  for (const { path, unit, givesBack } of removed) {
    const { content, mode } = state.files[path]!;
    for (const kept of givesBack ?? [])
      steps.push({
        kind: "give-back",
        unit: unit!,
        path: kept,
        kept: keptPath(kept),
        before: kept === path ? content : null,
        beforeMode: kept === path ? mode : null,
      });
    if (givesBack?.includes(path)) continue;
    // Nothing runs under it any more; the kernel would keep it until the next boot.
    if (kinds.get(path) === "apparmor") steps.push({ kind: "unload-profile", path });
    const ownDirectory = kinds.get(path) === "journald" ? dirname(path) : null;
    steps.push({ kind: "remove-file", path, before: content!, beforeMode: mode, ownDirectory });
  }
  const kept = new Set(encryptedCopies(desired).map(({ path }) => path));
  for (const { path, unit } of encryptedCopies(previous?.desired))
    if (!kept.has(path) && state.credentials[path]?.state !== "missing")
      steps.push({ kind: "remove-credential", path, unit });
  const boot = [...bootSteps(input), ...enableGivenBack(input)];
  steps.push(...boot);
  const unread = unreadUnits(input);
  // A link in a .wants directory, too, counts only after systemd has read it.
  if (boot.length > 0 || unread.length > 0 || changed.some((change) => kinds.get(change.path) === "unit"))
    steps.push({ kind: "reload-manager" });
  const services = servicesByUnit(desired);
  const units = unique([
    ...changed.flatMap(({ action, unit }) =>
      action !== "remove" && unit && services.has(unit) ? [unit] : [],
    ),
    ...unread,
  ]);
  if (units.length > 0) steps.push({ kind: "read-back", units });
  if (changed.some((change) => kinds.get(change.path) === "journald")) {
    const app = (desired ?? previous!.desired).app;
    steps.push({ kind: "restart-journal", namespace: logNamespace(app) });
  }
  return steps;
}

/** Services whose files are newer than what systemd has read of them, as after an edit that was taken back by hand. */
function unreadUnits({ desired, state }: PlanInput): UnitName[] {
  return (desired?.services ?? []).flatMap(({ unit }) => (state.units[unit]?.needsReload ? [unit] : []));
}

/** Whether it starts at boot is as it was before it was taken over; links of ours go while our file explains them. */
function disableGivenBack({ givenBack, state }: Planning, unit: UnitName): Step[] {
  const before = state.units[unit]?.enabled ?? "";
  const was = givenBack.find((one) => one.unit === unit)?.enabled ?? "";
  return before === "enabled" && was !== "enabled" ? [{ kind: "disable", unit, before }] : [];
}

function enableGivenBack({ givenBack, state }: Planning): Step[] {
  return givenBack.flatMap(({ unit, enabled }): Step[] => {
    const before = state.units[unit]?.enabled ?? "";
    return enabled === "enabled" && before !== "enabled" ? [{ kind: "enable", unit, before }] : [];
  });
}

/** An operator's word about starting at boot goes before the spec's. */
function bootSteps({ desired, state, intents }: PlanInput): Step[] {
  const agent = desired?.agent ? [{ unit: desired.agent, enable: true }] : [];
  return [...(desired?.services ?? []), ...(desired?.timers ?? []), ...agent].flatMap((service): Step[] => {
    const before = state.units[service.unit]?.enabled ?? "";
    const want = intents.get(service.unit)?.boot ?? service.enable;
    // What has to prove itself first is enabled at the end of its probation, and not by apply.
    if (want && desired?.probation?.enable === "after" && "gate" in service) return [];
    if (want === (before === "enabled")) return [];
    return [{ kind: want ? "enable" : "disable", unit: service.unit, before }];
  });
}

function runSteps({ desired, state }: PlanInput, changes: readonly FileChange[]): Step[] {
  const steps: Step[] = changes.flatMap(({ unit, givesBack, effect }): Step[] =>
    unit && givesBack && effect === "restart"
      ? [{ kind: "restart", unit, because: "its own files are back", mayMake: [] }]
      : [],
  );
  if (!desired) return steps;
  const effects = new Map(changes.map((change) => [change.unit, change.effect]));
  for (const service of desired.services) {
    const effect = effects.get(service.unit);
    const { unit } = service;
    const wait: Step = { kind: "wait-ready", unit, service: service.name, gate: service.gate };
    const mayMake = newDirectories(service, state);
    if (effect === "restart") {
      const because = becauseOfItsStart(service, state) ?? "its unit has changed";
      steps.push({ kind: "restart", unit, because, mayMake }, wait);
    }
    if (effect === "start") {
      const because = consequenceOfStart(state.units[unit]);
      steps.push({ kind: "start", unit, because, mayMake }, wait);
    }
  }
  return steps;
}

function newDirectories(service: DesiredService, state: HostState): string[] {
  return service.ownDirectories.filter((path) => state.directories[path] === null);
}

function encryptedCopies(desired: Desired | null | undefined): { path: string; unit: UnitName }[] {
  return holdersOfSecrets(desired).flatMap(({ unit, secrets }) =>
    secrets.flatMap(({ encrypted }) => (encrypted === null ? [] : [{ path: encrypted, unit }])),
  );
}

function servicesByUnit(desired: Desired | null): ReadonlyMap<string, DesiredService> {
  return new Map((desired?.services ?? []).map((service) => [service.unit, service]));
}

function writeStep(artifact: Artifact, state: HostState): Step {
  const { content, mode, missingDirectories } = state.files[artifact.path]!;
  return {
    kind: "write-file",
    path: artifact.path,
    mode: artifact.mode,
    before: content,
    beforeMode: mode,
    after: artifact.text,
    makes: missingDirectories,
  };
}

function unique<T>(list: readonly T[]): T[] {
  return [...new Set(list)];
}
