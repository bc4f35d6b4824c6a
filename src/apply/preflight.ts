import type { Host } from "../host/host.ts";
import { isLingering } from "../host/lingering.ts";
import { isRunning, type HostState } from "../plan/host-state.ts";
import { holdersOfSecrets, type Desired, type DesiredService } from "../plan/desired.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import { describeSize } from "../value/size.ts";
import { listeningPorts } from "./ports.ts";
import { checkEnv } from "./preflight-env.ts";
import { checkWatchedPaths } from "./preflight-watch.ts";
import { programTrouble } from "../explain-failure/program-trouble.ts";

const mebibyte = 1024 ** 2;

/** Everything that can be known to go wrong before anything is touched. Values of variables and secrets are never in the result. */
export async function preflight(
  host: Host,
  desired: Desired,
  state: HostState,
  systemd: number,
  stateDirectory: string,
): Promise<Diagnostic[]> {
  const directory = await host.files.stat(desired.directory);
  const found: Diagnostic[] = [];
  if (directory === null)
    found.push({
      severity: "error",
      code: "preflight/no-directory",
      summary: `Cannot find the application's directory ${desired.directory}`,
      fix: `put the program there, or change directory:`,
    });
  const checks = await Promise.all(
    desired.services.map(async (service) => [
      ...(await checkProgram(host, service)),
      ...(await checkEnv(host, service, systemd)),
      ...(await checkNeededFiles(host, service)),
    ]),
  );
  found.push(
    ...checks.flat(),
    ...(await Promise.all(holdersOfSecrets(desired).map((one) => checkSecrets(host, one, state)))).flat(),
    ...(await checkPorts(host, desired, state)),
    ...(await checkLingering(host)),
    ...(await checkWatchedPaths(host, desired)),
    ...(await checkSpace(host, desired, stateDirectory)),
  );
  return unique(found);
}

async function checkLingering(host: Host): Promise<Diagnostic[]> {
  if (host.scope === "system" || (await isLingering(host))) return [];
  return [
    {
      severity: "warning",
      code: "preflight/not-lingering",
      summary: "Services in user scope stop when you log out and do not start at boot: lingering is off",
      fix: "loginctl enable-linger",
    },
  ];
}

async function checkProgram(host: Host, service: DesiredService): Promise<Diagnostic[]> {
  const trouble = await programTrouble(host, service);
  // A script whose interpreter is seen only in the sandbox is tried there.
  if (trouble === null || trouble.kind === "no-interpreter") return [];
  const at = `the program of service "${service.name}"`;
  const { kind, says, fix } = trouble;
  if (kind !== "no-program") {
    const code = kind === "not-executable" ? "preflight/not-executable" : "preflight/not-runnable";
    return [{ severity: "error", code, summary: `Cannot run ${at}: ${says}`, fix }];
  }
  return [
    {
      severity: "error",
      code: "preflight/no-program",
      summary: `Cannot find ${at}: ${says}`,
      detail: "systemd would end it with 203/EXEC",
      fix,
    },
  ];
}

async function checkSecrets(
  host: Host,
  service: Pick<DesiredService, "name" | "secrets">,
  state: HostState,
): Promise<Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const { id, source, encrypted } of service.secrets) {
    const stat = await host.files.stat(source);
    if (stat === null) {
      if (encrypted !== null && state.credentials[encrypted]?.state === "current") continue;
      found.push({
        severity: "error",
        code: "preflight/no-secret",
        summary: `Cannot find the secret ${id} of service "${service.name}": ${source} does not exist`,
        fix: `write it there, for root alone: install -m 0600 /dev/stdin ${source}`,
      });
    } else if ((stat.mode & 0o077) !== 0) {
      found.push({
        severity: "error",
        code: "preflight/secret-readable",
        summary: `Others than its owner may read the secret ${id}: ${source} has mode 0${stat.mode.toString(8)}`,
        fix: `chmod 600 ${source}`,
      });
    } else if (stat.size === 0) {
      found.push({
        severity: "error",
        code: "preflight/secret-empty",
        summary: `The secret ${id} of service "${service.name}" is empty: ${source}`,
        fix: "write its value into the file",
      });
    }
  }
  return found;
}

async function checkNeededFiles(host: Host, service: DesiredService): Promise<Diagnostic[]> {
  const stats = await Promise.all(service.needsFiles.map((file) => host.files.stat(file)));
  return service.needsFiles.flatMap((file, index) =>
    stats[index] === null
      ? [
          {
            severity: "error" as const,
            code: "preflight/no-file",
            summary: `Cannot find ${file}, which service "${service.name}" needs`,
            fix: "put it there, or change needs-files:",
          },
        ]
      : [],
  );
}

/** A port that a running service of this application listens on is its own. */
async function checkPorts(host: Host, desired: Desired, state: HostState): Promise<Diagnostic[]> {
  const wanted = desired.services.filter(
    (service) => !isRunning(state.units[service.unit]?.active) && service.ports.length > 0,
  );
  if (wanted.length === 0) return [];
  const listening = await listeningPorts(host);
  return wanted.flatMap((service) =>
    service.ports
      .filter((port) => listening.has(port))
      .map((port): Diagnostic => ({
        severity: "error",
        code: "preflight/port-taken",
        summary: `Cannot give port ${port} to service "${service.name}": another program listens on it`,
        fix: `see which: ss -ltnp 'sport = :${port}'`,
      })),
  );
}

async function checkSpace(host: Host, desired: Desired, stateDirectory: string): Promise<Diagnostic[]> {
  const paths = [...new Set([stateDirectory, ...desired.artifacts.map((artifact) => artifact.path)])];
  const free = await Promise.all(paths.map((path) => host.files.free(path)));
  const tight = paths.filter((_, index) => free[index]!.bytes < 4 * mebibyte || free[index]!.inodes < 64);
  if (tight.length === 0) return [];
  const left = free[paths.indexOf(tight[0]!)]!;
  return [
    {
      severity: "error",
      code: "preflight/no-space",
      summary: `Not enough room for ${tight[0]}: ${describeSize(left.bytes)} and ${left.inodes} files left on its file system`,
      fix: "make room, then run the command again",
    },
  ];
}

function unique(list: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return list.filter((d) => {
    const id = `${d.summary}${d.at?.file}:${d.at?.line}:${d.at?.column}`;
    return !seen.has(id) && seen.add(id);
  });
}
