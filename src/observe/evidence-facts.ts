import { join } from "node:path";
import type { CheckState } from "../heal/check-state.ts";
import type { Host } from "../host/host.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import { hashOf } from "./evidence-bundle.ts";

/** How a check stood. */
export type KnownCheck = { service: string; check: string; state: CheckState };

const mostResults = 16;

/** What is in force, by hashes: enough to tell whether two incidents were of the same settings, and whether a file was edited. */
export async function configurationFacts(
  host: Host,
  desired: Desired | null,
  generation: number | null,
  services: readonly DesiredService[],
): Promise<unknown> {
  if (desired === null) throw new Error("nothing of it is installed any more");
  const hashOfFile = async (path: string): Promise<string | null> => {
    const text = await host.files.read(path);
    return text === null ? null : hashOf(text);
  };
  const files = await Promise.all(
    desired.artifacts.map(async ({ path, text }) => {
      const applied = hashOf(text);
      const found = await hashOfFile(path);
      return { path, applied, found, asApplied: applied === found };
    }),
  );
  const paths = [...new Set(services.flatMap(({ envFiles }) => envFiles.map((file) => join("/", file))))];
  const envFiles = await Promise.all(paths.map(async (path) => ({ path, sha256: await hashOfFile(path) })));
  const { app, environment, directory } = desired;
  return { app, environment, directory, generation, files, envFiles };
}

/** Every check with its verdict and latest results, and which are not good: the health at that moment. */
export function checkFacts(checks: readonly KnownCheck[]): { notGood: string[]; list: unknown[] } {
  return {
    notGood: checks.filter(({ state }) => state.verdict !== "ok").map(({ check }) => check),
    list: checks.map(({ service, check, state }) => {
      const { verdict, since, flapping, window, last, lastAt } = state;
      // What a check keeps for its next look is its own business, and may be anything.
      const reading = last && { ...last, kept: undefined };
      return {
        service,
        check,
        verdict,
        since,
        flapping,
        lastAt,
        last: reading,
        results: window.slice(-mostResults),
      };
    }),
  };
}
