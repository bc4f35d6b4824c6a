import { listOf } from "../../host/properties.ts";
import { parseEnvFile } from "../../spec/env-file.ts";
import { Secret } from "../../value/secret.ts";
import type { ProbeContext } from "./probe.ts";

/** A variable as the service has it: of its environment files the last one wins, and all win over Environment= (systemd.exec(5)). */
export async function readServiceVariable(context: ProbeContext, name: string): Promise<Secret | null> {
  const { host, service } = context;
  for (const path of service.envFiles.toReversed()) {
    const text = await host.files.read(path);
    const found = text === null ? undefined : parseEnvFile(text, path).values.get(name);
    if (found) return new Secret(found.value);
  }
  const set = listOf(await host.systemd.properties(service.unit, ["Environment"]), "Environment");
  const entry = set.findLast((one) => one.startsWith(`${name}=`));
  return entry === undefined ? null : new Secret(entry.slice(name.length + 1));
}
