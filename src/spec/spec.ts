import type { Place } from "../report/diagnostic.ts";
import type { Profile } from "./profile.ts";
import type { SpecValues } from "./schema.ts";
import type { Path } from "./tree.ts";

/** What the user declared, for one environment. Values are read (durations, sizes, words); `placeOf` tells where each was written. */
export type Spec = Omit<SpecValues, "environments" | "services" | "jobs" | "job-defaults"> & {
  readonly services: NonNullable<SpecValues["services"]>;
  readonly jobs: NonNullable<SpecValues["jobs"]>;
  readonly file: string;
  readonly environment: string | null;
  /** What the application is called in each environment; most often the same in all. */
  readonly appOf?: Readonly<Record<string, string>>;
  /** The profiles that hardening: names, by their names; they are read from their own files, after the spec. */
  readonly profiles?: Readonly<Record<string, Profile>>;
  placeOf(path: Path, what?: "value" | "key"): Place;
};
