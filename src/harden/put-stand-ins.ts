import { randomInt } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { envFiles } from "../compile/program-files.ts";
import type { ThrowawayHost } from "../host/throwaway/throwaway.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import type { Spec } from "../spec/spec.ts";
import type { ServiceSpec } from "../spec/service-schema.ts";
import { standInFor, standInForEnv, type Random } from "./stand-ins.ts";

/** What the service and those it needs would read of secrets gets another text of the same shape, but for those in `grant`. Returns what was replaced. */
export async function putStandIns(
  host: ThrowawayHost,
  spec: Spec,
  grant: readonly string[] = [],
): Promise<string[]> {
  const random: Random = () => randomInt(2 ** 32) / 2 ** 32;
  const replaced: string[] = [];
  const programs: readonly ServiceSpec[] = Object.values(spec.services);
  const jobs = Object.values(spec.jobs);
  for (const program of [...programs, ...jobs])
    for (const [id, source] of Object.entries(program.secrets ?? {})) {
      if (grant.includes(id)) continue;
      const text = readText(source);
      // A secret that was not written yet: whatever reads it finds something.
      await put(host, source, text === null ? "stand-in-for-a-secret" : standInFor(text, random), 0o600);
      replaced.push(`secret ${id}`);
    }
  const files = [...programs, ...jobs].flatMap((program) => envFiles(program));
  const all = [...files, ".env"].map((path) => (isAbsolute(path) ? path : join(spec.directory, path)));
  for (const path of new Set(all)) {
    const text = readText(path);
    if (text === null) continue;
    const changed = standInForEnv(text, path, random);
    if (changed.names.length === 0) continue;
    await put(host, path, changed.text, statSync(path).mode & 0o777);
    replaced.push(...changed.names.map((name) => `variable ${name}`));
  }
  return [...new Set(replaced)];
}

async function put(host: ThrowawayHost, path: string, text: string, mode: number): Promise<void> {
  try {
    await host.write(path, text, mode);
  } catch (error) {
    throw new HoldfastError(
      {
        severity: "error",
        code: "harden/no-stand-in",
        summary: `Cannot keep the values in ${path} from the throwaway host: ${(error as Error).message}`,
        detail: "a program that is tried there must not get live secrets",
        fix: "keep the application and its secrets on a local disk, not below /tmp or /run",
      },
      1,
      { cause: error },
    );
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
