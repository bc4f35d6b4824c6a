import { dirname, join } from "node:path";
import type { Look, WatchRule } from "../compile/watch-rule.ts";
import type { Host } from "../host/host.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import type { Diagnostic } from "../report/diagnostic.ts";

/** Something that a check looks at and that is not there. */
export type MissingTarget = { check: string; path: string; says: string };

/**
 * Paths of checks that do not exist: such a check would fail for ever, and nobody would know that it is the path. What the
 * service makes for itself, or apply for it, need not be there yet.
 */
export async function missingTargets(
  host: Host,
  rule: WatchRule,
  service: Pick<DesiredService, "writes" | "ownDirectories">,
): Promise<MissingTarget[]> {
  const made = [...service.writes, ...service.ownDirectories];
  const found = await Promise.all(
    rule.checks.map(async ({ id, look }): Promise<MissingTarget | null> => {
      const target = targetOf(look, rule.directory);
      if (target === null || made.some((path) => isWithin(target.path, path))) return null;
      const stat = await host.files.stat(target.path);
      if (stat === null) return { check: id, path: target.path, says: "does not exist" };
      if (!target.program) return null;
      const real = (await host.files.realPath(target.path)) ?? target.path;
      const program = await host.files.stat(real);
      const runs = program?.kind === "file" && (program.mode & 0o111) !== 0;
      return runs ? null : { check: id, path: target.path, says: "is not an executable file" };
    }),
  );
  return found.filter((one) => one !== null);
}

/** What has to be there before the program runs: of its own files, only their directory. */
function targetOf(look: Look, directory: string): { path: string; program: boolean } | null {
  switch (look.kind) {
    case "file":
    case "sqlite":
      return { path: dirname(look.path), program: false };
    case "disk":
      return { path: look.path, program: false };
    case "tls":
      return look.file === null ? null : { path: look.file, program: false };
    case "exec": {
      const [program = ""] = look.argv;
      return program.includes("/")
        ? { path: join("/", program.startsWith("/") ? "" : directory, program), program: true }
        : null;
    }
    default:
      return null;
  }
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

/** Warnings only: what is missing now may be made by the program. */
export async function checkWatchedPaths(host: Host, desired: Desired): Promise<Diagnostic[]> {
  const found = await Promise.all(
    desired.watch.services.map(async (rule) => {
      const service = desired.services.find(({ name }) => name === rule.service)!;
      const missing = await missingTargets(host, rule, service);
      return missing.map(({ check, path, says }): Diagnostic => ({
        severity: "warning",
        code: "preflight/no-check-path",
        summary: `check "${check}" of service "${rule.service}" looks at ${path}, which ${says}`,
        fix: "correct the path, or make it",
      }));
    }),
  );
  return found.flat();
}
