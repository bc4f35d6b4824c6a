import type { Artifact } from "../compile/artifact.ts";
import { holdersOfSecrets, type Desired, type DesiredService } from "./desired.ts";
import type { HostState } from "./host-state.ts";
import type { PlanInput } from "./plan-input.ts";
import type { FileChange, Step } from "./plan.ts";
import { newDirectories } from "./run-steps.ts";
import { writeStep } from "./write-step.ts";

/** What must exist before a unit can be tried: account, directories, credentials. Nothing here touches a running service. */
export function prepareSteps({ desired, state }: PlanInput, changed: readonly FileChange[]): Step[] {
  if (!desired) return [];
  return [
    ...makeAccount(desired, state, changed),
    ...makeDirectories(desired, state, changed),
    ...encryptCredentials(desired, state),
    ...loadProfiles(desired, state, changed),
    ...tryPrograms(desired, state, changed),
  ];
}

function makeAccount(desired: Desired, state: HostState, changed: readonly FileChange[]): Step[] {
  const file = fileOf("sysusers", desired, changed);
  if (file === null || (!file.differs && state.accountExists)) return [];
  const { services } = desired;
  return [
    ...(file.differs ? [writeStep(file.artifact, state)] : []),
    {
      kind: "make-account",
      user: desired.user!,
      file: file.artifact.path,
      existed: state.accountExists,
      newGroups: state.missingGroups,
      mayOwn: [...new Set(services.flatMap(({ writes, ownDirectories }) => [...writes, ...ownDirectories]))],
    },
  ];
}

function makeDirectories(desired: Desired, state: HostState, changed: readonly FileChange[]): Step[] {
  const file = fileOf("tmpfiles", desired, changed);
  const written = [...new Set(desired.services.flatMap((service) => service.writes))];
  const missing = written.filter((path) => state.directories[path] === null);
  if (file === null || (!file.differs && missing.length === 0)) return [];
  return [
    ...(file.differs ? [writeStep(file.artifact, state)] : []),
    {
      kind: "make-directories",
      file: file.artifact.path,
      paths: [...state.missingParents, ...missing].toSorted((a, b) => a.length - b.length),
      before: Object.fromEntries(
        written.flatMap((path) => (state.directories[path] ? [[path, state.directories[path]]] : [])),
      ),
    },
  ];
}

function fileOf(
  kind: Artifact["kind"],
  desired: Desired,
  changed: readonly FileChange[],
): { artifact: Artifact; differs: boolean } | null {
  const artifact = desired.artifacts.find((one) => one.kind === kind);
  if (artifact === undefined) return null;
  return { artifact, differs: changed.some((change) => change.path === artifact.path) };
}

function encryptCredentials(desired: Desired, state: HostState): Step[] {
  return holdersOfSecrets(desired).flatMap(({ unit, secrets }) =>
    secrets.flatMap(({ id, source, encrypted }): Step[] => {
      const copy = encrypted === null ? undefined : state.credentials[encrypted];
      if (encrypted === null || !copy || copy.state === "current") return [];
      const existed = copy.state === "stale";
      return [
        {
          kind: "encrypt-credential",
          id,
          source,
          path: encrypted,
          unit,
          existed,
          makes: copy.missingDirectories,
        },
      ];
    }),
  );
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

/** What will be started, and every job that has changed, because it may not run for days. */
function tryPrograms(desired: Desired, state: HostState, changed: readonly FileChange[]): Step[] {
  const services = new Map<string, DesiredService>(desired.services.map((one) => [one.unit, one]));
  return changed.flatMap(({ unit: changedUnit, effect }): Step[] => {
    const service = services.get(changedUnit ?? "");
    if (!service || (effect !== "restart" && effect !== "start" && service.job === null)) return [];
    const { unit, name } = service;
    return [{ kind: "try-program", unit, service: name, mayMake: newDirectories(service, state) }];
  });
}
