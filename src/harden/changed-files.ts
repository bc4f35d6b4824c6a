import type { Host } from "../host/host.ts";

/** More than this says nothing that a few do not. */
const most = 2000;

/**
 * Files and directories below these places that changed after `since` (seconds since the epoch): what shows of a program's
 * writing where no system calls can be watched. Only what is left at the end is seen.
 */
export async function changedFiles(host: Host, places: readonly string[], since: number): Promise<string[]> {
  const there = [];
  for (const place of new Set(places)) if ((await host.files.stat(place)) !== null) there.push(place);
  if (there.length === 0) return [];
  const result = await host.run(
    ["/usr/bin/find", ...there, "-xdev", "-type", "f", "-newerct", `@${since}`, "-print0"],
    { timeout: 20_000 },
  );
  return result.stdout.split("\0").filter(Boolean).slice(0, most);
}
