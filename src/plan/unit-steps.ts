import { dirname } from "node:path";
import type { Artifact } from "../compile/artifact.ts";
import { logNamespace } from "../compile/names.ts";
import type { UnitName } from "../value/unit-name.ts";
import { takeOverSteps } from "./adopt.ts";
import { bootSteps, disableGivenBack, enableGivenBack } from "./boot-steps.ts";
import { holdersOfSecrets, type Desired } from "./desired.ts";
import { keptPath } from "./foreign-unit.ts";
import type { PlanInput, Planning } from "./plan-input.ts";
import type { FileChange, Step } from "./plan.ts";
import { stopTimers } from "./timer-steps.ts";
import { writeStep } from "./write-step.ts";

type Kinds = ReadonlyMap<string, Artifact["kind"]>;

/** What goes is stopped, what is new is written, and systemd reads all of it once, and is asked what it has read. */
export function unitSteps(input: Planning, changed: readonly FileChange[]): Step[] {
  const { desired, previous, state } = input;
  const kinds: Kinds = new Map(
    [...(previous?.desired.artifacts ?? []), ...(desired?.artifacts ?? [])].map(({ path, kind }) => [
      path,
      kind,
    ]),
  );
  const removed = changed.filter((change) => change.action === "remove");
  return [
    ...stopWhatGoes(input, removed),
    ...stopTimers(desired, state, changed),
    ...writeUnits(input, changed),
    ...removeFiles(input, removed, kinds),
    ...removeCredentials(input),
    ...readUnits(input, changed, kinds),
    ...restartJournal(input, changed, kinds),
  ];
}

function stopWhatGoes(input: Planning, removed: readonly FileChange[]): Step[] {
  const steps: Step[] = [];
  // A slice cannot go before what runs in it; files are listed the other way round.
  for (const { unit, givesBack } of removed.toReversed()) {
    if (!unit || unit.includes("@.")) continue;
    if (givesBack) {
      steps.push(...disableGivenBack(input, unit));
      continue;
    }
    const before = input.state.units[unit];
    // A failed unit, too: systemd would remember the failure of a unit that is gone.
    if ((before?.active ?? "inactive") !== "inactive")
      steps.push({ kind: "stop", unit, because: "it is no longer part of the application" });
    if (before?.enabled === "enabled") steps.push({ kind: "disable", unit, before: "enabled" });
  }
  return steps;
}

const writtenWithUnits: ReadonlySet<Artifact["kind"]> = new Set([
  "unit",
  "journald",
  "watch",
  "tell",
] as const);

function writeUnits({ desired, state, adoptions }: Planning, changed: readonly FileChange[]): Step[] {
  const differing = new Set(changed.map((change) => change.path));
  return (desired?.artifacts ?? []).flatMap((artifact) => {
    if (!writtenWithUnits.has(artifact.kind) || !differing.has(artifact.path)) return [];
    const foreign = adoptions.get(artifact.unit ?? "");
    const taken = foreign ? takeOverSteps(artifact, foreign) : [];
    const replaced = taken.some((step) => "path" in step && step.path === artifact.path);
    return replaced ? taken : [writeStep(artifact, state), ...taken];
  });
}

function removeFiles({ state }: Planning, removed: readonly FileChange[], kinds: Kinds): Step[] {
  return removed.flatMap(({ path, unit, givesBack = [] }) => {
    const { content, mode } = state.files[path]!;
    const steps = givesBack.map((kept): Step => ({
      kind: "give-back",
      unit: unit!,
      path: kept,
      kept: keptPath(kept),
      before: kept === path ? content : null,
      beforeMode: kept === path ? mode : null,
    }));
    if (givesBack.includes(path)) return steps;
    // Nothing runs under it any more; the kernel would keep it until the next boot.
    if (kinds.get(path) === "apparmor") steps.push({ kind: "unload-profile", path });
    const ownDirectory = kinds.get(path) === "journald" ? dirname(path) : null;
    steps.push({ kind: "remove-file", path, before: content!, beforeMode: mode, ownDirectory });
    return steps;
  });
}

function removeCredentials({ desired, previous, state }: PlanInput): Step[] {
  const kept = new Set(encryptedCopies(desired).map(({ path }) => path));
  return encryptedCopies(previous?.desired).flatMap(({ path, unit }): Step[] =>
    kept.has(path) || state.credentials[path]?.state === "missing"
      ? []
      : [{ kind: "remove-credential", path, unit }],
  );
}

function encryptedCopies(desired: Desired | null | undefined): { path: string; unit: UnitName }[] {
  return holdersOfSecrets(desired).flatMap(({ unit, secrets }) =>
    secrets.flatMap(({ encrypted }) => (encrypted === null ? [] : [{ path: encrypted, unit }])),
  );
}

/** Links for the boot, and then one reload: a link in a .wants directory, too, counts only after systemd has read it. */
function readUnits(input: Planning, changed: readonly FileChange[], kinds: Kinds): Step[] {
  const boot = [...bootSteps(input), ...enableGivenBack(input)];
  const unread = unreadUnits(input);
  const services = new Set<string>(input.desired?.services.map(({ unit }) => unit));
  const written = changed.flatMap(({ action, unit }) =>
    action !== "remove" && unit && services.has(unit) ? [unit] : [],
  );
  const units = [...new Set([...written, ...unread])];
  const differs = changed.some((change) => kinds.get(change.path) === "unit");
  return [
    ...boot,
    ...(boot.length > 0 || unread.length > 0 || differs ? [{ kind: "reload-manager" } as const] : []),
    ...(units.length > 0 ? [{ kind: "read-back", units } as const] : []),
  ];
}

/** Services whose files are newer than what systemd has read of them, as after an edit that was taken back by hand. */
function unreadUnits({ desired, state }: PlanInput): UnitName[] {
  return (desired?.services ?? []).flatMap(({ unit }) => (state.units[unit]?.needsReload ? [unit] : []));
}

function restartJournal(
  { desired, previous }: PlanInput,
  changed: readonly FileChange[],
  kinds: Kinds,
): Step[] {
  if (!changed.some((change) => kinds.get(change.path) === "journald")) return [];
  return [{ kind: "restart-journal", namespace: logNamespace((desired ?? previous!.desired).app) }];
}
