import { isReadable } from "../compile/effective.ts";
import type { Artifact } from "../compile/artifact.ts";
import type { Host, Properties } from "../host/host.ts";
import { listOf } from "../host/properties.ts";

/** A directive of ours that a drop-in sets as well, and that systemd does not tell the value of. */
export type Override = { key: string; file: string };

/**
 * What drop-ins do to directives whose effective value cannot be read (systemd.unit(5)). Only names: a drop-in may hold
 * a secret in Environment=.
 */
export async function readOverrides(
  host: Host,
  artifact: Artifact,
  properties: Properties,
): Promise<Override[]> {
  const own = new Set(artifact.directives.map(({ key }) => key).filter((key) => !isReadable(key)));
  const files = listOf(properties, "DropInPaths");
  const texts = await Promise.all(files.map((file) => host.files.read(file)));
  const found = files.flatMap((file, index) =>
    keysOf(texts[index] ?? "")
      .filter((key) => own.has(key))
      .map((key) => ({ key, file })),
  );
  return found.filter(
    ({ key, file }, index) => found.findIndex((o) => o.key === key && o.file === file) === index,
  );
}

function keysOf(text: string): string[] {
  return text.split("\n").flatMap((line) => /^\s*([A-Za-z]+)\s*=/.exec(line)?.[1] ?? []);
}
