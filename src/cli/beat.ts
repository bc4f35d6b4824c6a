import { writeFileSync } from "node:fs";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";

/**
 * holdfast beat. bin/holdfast does it without starting Node; this is for whoever gives further options with it. The file is
 * cut to nothing, which renews its time.
 */
export async function runBeat(environment: NodeJS.ProcessEnv = process.env): Promise<number> {
  const file = environment["HOLDFAST_BEAT"];
  if (!file)
    throw new HoldfastError(
      {
        severity: "error",
        code: "usage/no-beat",
        summary: "Cannot beat: HOLDFAST_BEAT is not set",
        fix: "run it in a service that has a beat check, such as health: [{ beat: { within: 30s } }]",
      },
      exitCode.usage,
    );
  writeFileSync(file, "");
  return exitCode.done;
}
