import type { Host } from "./host.ts";

/** SHA-256 of files in hexadecimal, as sha256sum(1) of the host finds it; null for one that cannot be read. */
export async function hashFiles(host: Host, files: readonly string[]): Promise<Map<string, string | null>> {
  const hashes = new Map<string, string | null>(files.map((file) => [file, null]));
  if (files.length === 0) return hashes;
  // --zero: a name with a line break in it is written as it is.
  const result = await host.run(["/usr/bin/sha256sum", "--zero", "--", ...files]);
  for (const entry of result.stdout.split("\0")) {
    const [, hash, file] = /^([0-9a-f]{64}) [ *]([^]*)$/.exec(entry) ?? [];
    if (hash !== undefined) hashes.set(file!, hash);
  }
  return hashes;
}
