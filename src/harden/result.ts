import type { LearnedLine, LearnedProfile } from "./learned.ts";
import type { WrittenPlace } from "./written-places.ts";

/** What a learning came to, as it is handed out of the throwaway host. */
export type HardenResult = {
  app: string;
  service: string;
  systemd: number;
  /** Exposure in systemd-analyze security as the spec is now, and with what was learned; null when it gave none. */
  before: number | null;
  after: number | null;
  lines: readonly LearnedLine[];
  profile: LearnedProfile;
  places: readonly WrittenPlace[];
  /** Programs that were run, with their hashes. */
  runs: Readonly<Record<string, string>>;
  /** What still costs something, by directive. */
  costs: readonly { directive: string; cost: number }[];
  exercised: readonly string[];
  notExercised: readonly string[];
  /** What broke once and passed when it was tried again. */
  flaky: readonly string[];
  probes: number;
};

/** Lines that the learning writes to its standard output, one JSON value each. */
export type Told = { kind: "begin" | "end"; text: string } | { kind: "result"; result: HardenResult };
