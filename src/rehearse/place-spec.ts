import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ThrowawayHost } from "../host/throwaway/throwaway.ts";
import { profileFile } from "../spec/profile.ts";
import type { Spec } from "../spec/spec.ts";

/** Where a spec lies on the copy when its own folder is shown read-only there, as everything below /tmp and /run is. */
const elsewhere = "/root/.holdfast-rehearsal";

/** Puts the rehearsal's spec onto the copy, beside the original where that can be, and gives its path; profiles come along. */
export async function placeSpec(
  host: ThrowawayHost,
  spec: Spec,
  file: string,
  text: string,
): Promise<string> {
  const beside = join(dirname(file), ".rehearsal.yaml");
  try {
    await host.write(beside, text, 0o644);
    return beside;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EROFS") throw error;
  }
  const placed = join(elsewhere, basename(beside));
  await host.write(placed, text, 0o644);
  for (const name of Object.keys(spec.profiles ?? {})) {
    const profile = profileFile(file, name);
    if (existsSync(profile))
      await host.write(profileFile(placed, name), readFileSync(profile, "utf8"), 0o644);
  }
  return placed;
}
