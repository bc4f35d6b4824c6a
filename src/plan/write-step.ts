import type { Artifact } from "../compile/artifact.ts";
import type { HostState } from "./host-state.ts";
import type { Step } from "./plan.ts";

/** Writes a file, with what stands in its place now. */
export function writeStep(artifact: Artifact, state: HostState): Step {
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
