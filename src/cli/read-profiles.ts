import { readFileSync } from "node:fs";
import { HoldfastError, exitCode, hasErrors, type Diagnostic } from "../report/diagnostic.ts";
import type { Spec } from "../spec/spec.ts";
import { parseProfile, profileFile, type Profile } from "../spec/profile.ts";

/**
 * The spec with the profiles that its services and jobs name. One that is not there is told when it is compiled, where it
 * is known what it is for; one that is wrong is told here. `sources` gets the texts, to show lines of them.
 */
export function withProfiles(spec: Spec, sources: Map<string, string>): { spec: Spec; texts: string[] } {
  const profiles: Record<string, Profile> = {};
  const diagnostics: Diagnostic[] = [];
  const texts: string[] = [];
  for (const name of namedProfiles(spec)) {
    const file = profileFile(spec.file, name);
    const text = readProfile(file, name);
    if (text === null) continue;
    sources.set(file, text);
    texts.push(text);
    const read = parseProfile(text, file);
    diagnostics.push(...read.diagnostics);
    if (read.profile) profiles[name] = read.profile;
  }
  if (hasErrors(diagnostics)) throw new HoldfastError(diagnostics, exitCode.usage);
  return { spec: { ...spec, profiles }, texts };
}

function namedProfiles(spec: Spec): string[] {
  const programs = [...Object.values(spec.services), ...Object.values(spec.jobs)];
  const names = programs.flatMap(({ hardening }) =>
    typeof hardening === "object" && hardening.profile !== undefined ? [hardening.profile] : [],
  );
  return [...new Set(names)].toSorted();
}

function readProfile(file: string, name: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new HoldfastError(
      {
        severity: "error",
        code: "profile/unreadable",
        summary: `Cannot read the profile "${name}": ${(error as Error).message}`,
        fix: "check the path and its permissions",
      },
      exitCode.usage,
      { cause: error },
    );
  }
}
