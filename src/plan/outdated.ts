import { join } from "node:path";
import type { Host, Properties } from "../host/host.ts";
import { invocationOf, listOf, numberOf } from "../host/properties.ts";
import { parseEnvFile } from "../spec/env-file.ts";
import type { Desired, DesiredService } from "./desired.ts";

/** Names of what a running service was given at its start and would now be given with another content. */
export type Outdated = { secrets: readonly string[]; variables: readonly string[] };

/** By unit. Contents are compared in memory; only names leave this file. */
export async function readOutdated(
  host: Host,
  desired: Desired | null,
): Promise<Readonly<Record<string, Outdated>>> {
  const services = (desired?.services ?? []).filter(
    (service) => service.secrets.length > 0 || service.envFiles.length > 0,
  );
  const found = await Promise.all(
    services.map(async (service) => [service.unit, await readOutdatedOf(host, service)] as const),
  );
  return Object.fromEntries(
    found.filter(([, { secrets, variables }]) => secrets.length + variables.length > 0),
  );
}

export async function readOutdatedOf(host: Host, service: DesiredService): Promise<Outdated> {
  const run = await host.systemd.properties(service.unit, [
    "MainPID",
    "InvocationID",
    "ExecMainStartTimestamp",
    "DropInPaths",
  ]);
  // Whatever a drop-in gives it as well is not for us to judge.
  if (numberOf(run, "MainPID") === 0 || listOf(run, "DropInPaths").length > 0)
    return { secrets: [], variables: [] };
  // Who may not look cannot change anything either.
  const [secrets, variables] = await Promise.all([
    changedSecrets(host, service).catch(() => []),
    changedVariables(host, service, run).catch(() => []),
  ]);
  return { secrets, variables };
}

/** systemd.exec(5), CREDENTIALS_DIRECTORY: what was loaded stays as it was until the service stops. */
async function changedSecrets(host: Host, service: DesiredService): Promise<string[]> {
  const runtime = host.scope === "system" ? "/run" : (process.env["XDG_RUNTIME_DIR"] ?? "/nowhere");
  const changed = await Promise.all(
    service.secrets.map(async ({ id, source }) => {
      const [loaded, now] = await Promise.all([
        host.files.read(join(runtime, "credentials", service.unit, id)),
        host.files.read(source),
      ]);
      return loaded !== null && now !== null && loaded !== now ? [id] : [];
    }),
  );
  return changed.flat();
}

/** Only of files that are newer than the process: a program may well set variables for itself before it goes on. */
async function changedVariables(host: Host, service: DesiredService, run: Properties): Promise<string[]> {
  const started = numberOf(run, "ExecMainStartTimestamp") / 1000;
  const stats = await Promise.all(service.envFiles.map((file) => host.files.stat(file)));
  if (!stats.some((stat) => stat !== null && stat.modified > started)) return [];
  const environ = (await host.files.read(`/proc/${numberOf(run, "MainPID")}/environ`)) ?? "";
  const has = new Map(environ.split("\0").map((entry) => entry.split(/=(.*)/s, 2) as [string, string]));
  // Programs that rename themselves overwrite this memory (prctl(2), PR_SET_MM): then it says nothing.
  if (has.get("INVOCATION_ID") !== invocationOf(run)) return [];
  const now = new Map<string, string>();
  for (const file of service.envFiles) {
    const text = (await host.files.read(file)) ?? "";
    for (const [name, { value }] of parseEnvFile(text, file).values) now.set(name, value);
  }
  return [...now].flatMap(([name, value]) => (has.get(name) === value ? [] : [name]));
}
