import type { Host } from "../host/host.ts";
import { hashFiles } from "../host/hash-file.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import type { Desired, LearnedWith } from "./desired.ts";

/** What is not as it was when the profile was learned, in words; empty when all is. */
export async function staleParts(
  host: Host,
  { systemd, runs }: LearnedWith,
  version: number,
): Promise<string[]> {
  const files = Object.keys(runs);
  const now = await hashFiles(host, files);
  const changed = files.flatMap((file) => {
    const found = now.get(file);
    if (found === null || found === undefined) return [`${file} is gone`];
    return `sha256:${found}` === runs[file] ? [] : [`${file} has changed`];
  });
  return [...(version === systemd ? [] : [`systemd is ${version}, and was ${systemd}`]), ...changed];
}

/** Warns of services whose hardening was learned with another program; another systemd is told when it is compiled. */
export async function findStaleProfiles(host: Host, desired: Desired): Promise<Diagnostic[]> {
  const found = desired.services.map(async ({ name, profile }): Promise<Diagnostic[]> => {
    if (!profile) return [];
    const parts = await staleParts(host, profile, profile.systemd);
    if (parts.length === 0) return [];
    return [
      {
        severity: "warning",
        code: "plan/stale-profile",
        summary: `The profile "${profile.name}" of service "${name}" was learned with another program: ${parts.join(", ")}`,
        detail: "what the program needs now was not tried",
        fix: `holdfast harden ${name} --write`,
      },
    ];
  });
  return (await Promise.all(found)).flat();
}
