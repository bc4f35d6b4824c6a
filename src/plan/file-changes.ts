import type { Artifact } from "../compile/artifact.ts";
import { changesOfGivingBack } from "./adopt.ts";
import { changeOf } from "./change.ts";
import { effectOf } from "./effect.ts";
import type { Adopted } from "./foreign-unit.ts";
import { isRunning, type HostState } from "./host-state.ts";
import type { Planning } from "./plan-input.ts";
import type { FileChange } from "./plan.ts";

/** Every file that is wanted or that goes, with what becomes of it and of the unit that it is for. */
export function fileChanges(input: Planning): FileChange[] {
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
