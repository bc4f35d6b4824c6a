import type { WrittenDirectory } from "./find-data.ts";
import type { FoundEnv } from "./find-env.ts";
import type { Program } from "./program.ts";

/** Everything that goes into a first spec. */
export type Draft = {
  app: string;
  directory: string;
  userScope: boolean;
  programs: readonly Program[];
  env: FoundEnv | null;
  written: readonly WrittenDirectory[];
  manifests: readonly string[];
  alsoFound: readonly string[];
};
