import { dirname } from "node:path";
import type { Host } from "../host/host.ts";

/** Directories above a path that do not exist, outermost first. */
export async function missingDirectories(host: Host, path: string): Promise<string[]> {
  const above = dirname(path);
  if (above === path || (await host.files.stat(above)) !== null) return [];
  return [...(await missingDirectories(host, above)), above];
}
