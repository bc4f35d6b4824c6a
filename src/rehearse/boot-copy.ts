import { existsSync, readFileSync } from "node:fs";
import { envFiles } from "../compile/program-files.ts";
import { resolvePath } from "../compile/spec-paths.ts";
import { bootThrowawayHost, type ThrowawayHost } from "../host/throwaway/throwaway.ts";
import type { ThrowawayOptions } from "../host/throwaway/options.ts";
import { standInForEnv } from "../harden/stand-ins.ts";
import type { Spec } from "../spec/spec.ts";

/** In namespaces of this kernel, or as a virtual machine with one of its own. */
export type CopyKind = "namespaces" | "virtual-machine";

/** Boots the copy that a rehearsal was asked for. */
export async function bootCopy(
  kind: CopyKind,
  options: ThrowawayOptions,
  application: { spec: Spec; grant: readonly string[] },
): Promise<ThrowawayHost> {
  if (kind === "namespaces") return bootThrowawayHost(options);
  const { bootVirtualMachine } = await import("../host/throwaway/vm/virtual-machine.ts");
  return bootVirtualMachine({ ...options, withhold: liveSecrets(application.spec, application.grant) });
}

/** Files of this machine that hold secrets of the application, but for those that are granted. */
function liveSecrets(spec: Spec, grant: readonly string[]): string[] {
  const programs = [...Object.values(spec.services), ...Object.values(spec.jobs)];
  const secrets = programs.flatMap(({ secrets: named }) =>
    Object.entries(named ?? {}).flatMap(([id, path]) =>
      grant.includes(id) ? [] : [resolvePath(spec, path)],
    ),
  );
  const files = [...programs.flatMap((program) => envFiles(program)), ".env"];
  const telling = files.map((path) => resolvePath(spec, path)).filter(hasSecrets);
  return [...new Set([...secrets, ...telling])].filter((path) => existsSync(path));
}

/** Of an environment file without secrets nothing is replaced. */
function hasSecrets(path: string): boolean {
  const text = readOrNull(path);
  return text !== null && standInForEnv(text, path, () => 0).names.length > 0;
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
