import type { Explanation } from "../value/exit-status.ts";

/** Whose words a fix is in: those of a spec, or those of a unit file that somebody wrote by hand. */
export type Voice = "spec" | "unit";

/** One explanation for both voices. */
export type Told = { sentence: string; unit: string | null; spec?: string | null };

export function inVoice({ sentence, unit, spec }: Told, voice: Voice): Explanation {
  return { sentence, fix: voice === "spec" && spec !== undefined ? spec : unit };
}

/** What the directives that a failure is about are called in a spec. */
const keys: Readonly<Record<string, string>> = {
  EnvironmentFile: "env.file",
  ExecCondition: "the gate of the job",
  ExecStart: "run",
  ExecStartPre: "before-start",
  ExecStopPost: "after-stop",
  Group: "group",
  LoadCredential: "secrets",
  LoadCredentialEncrypted: "secrets",
  MemoryMax: "limits.memory",
  ReadWritePaths: "writes",
  TimeoutStartSec: "ready.within",
  TimeoutStopSec: "stop.timeout",
  User: "user",
  WatchdogSec: "watchdog",
  WorkingDirectory: "directory",
};

/** Where a person changes it: "writes: in holdfast.yaml", or "ReadWritePaths=". */
export function placeOf(directive: string, voice: Voice): string {
  const key = voice === "spec" ? keys[directive] : undefined;
  return key === undefined ? `${directive}=` : `${key}: in holdfast.yaml`;
}
