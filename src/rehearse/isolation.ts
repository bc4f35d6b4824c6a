import { readFileSync } from "node:fs";
import type { ThrowawayHost } from "../host/throwaway/throwaway.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import { resolvePath } from "../compile/spec-paths.ts";
import type { Spec } from "../spec/spec.ts";
import type { Inside } from "./inside/client.ts";

/**
 * A bot that can reach its exchange will trade. Tries, from within, to get out: by network, by the machine's own sockets; and
 * compares the secrets. Throws when anything is within reach: then nothing is rehearsed.
 */
export async function assertIsolated(
  host: ThrowawayHost,
  inside: Inside,
  spec: Spec,
  grant: readonly string[],
): Promise<void> {
  const reached = await inside.isolation(machineSockets());
  const live = await liveSecrets(host, spec, grant);
  if (reached.length === 0 && live.length === 0) return;
  throw new HoldfastError({
    severity: "error",
    code: "rehearse/not-isolated",
    summary: "Cannot rehearse: the copy of this machine is not cut off",
    detail: [
      ...reached.map((what) => `it reaches ${what}`),
      ...live.map((id) => `it has the live secret ${id}`),
    ].join("\n"),
    fix: "this is a bug of holdfast, or of this machine's namespaces: please report it; nothing was started",
  });
}

/** Sockets that programs of this machine listen on, by path (unix(7), /proc/net/unix). */
function machineSockets(): string[] {
  const listening = "00010000";
  const paths = readFileSync("/proc/net/unix", "utf8")
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === listening && fields[7]?.startsWith("/"))
    .map((fields) => fields[7]!);
  // Those below /run are the copy's own when they are there at all.
  return [...new Set(paths)].filter((path) => !/^(\/var)?\/run\//.test(path)).slice(0, 50);
}

/** Secrets that are on the copy as they are here, though nobody granted them. */
async function liveSecrets(host: ThrowawayHost, spec: Spec, grant: readonly string[]): Promise<string[]> {
  const programs = [...Object.values(spec.services), ...Object.values(spec.jobs)];
  const all = programs.flatMap((program) => Object.entries(program.secrets ?? {}));
  const found = await Promise.all(
    all.map(async ([id, path]) => {
      if (grant.includes(id)) return [];
      const source = resolvePath(spec, path);
      const [here, there] = [readHere(source), await host.read(source).catch(() => null)];
      return here !== null && here.trim() !== "" && here === there ? [id] : [];
    }),
  );
  return [...new Set(found.flat())];
}

function readHere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
