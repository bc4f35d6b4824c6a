import { opendir, lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ThrowawayHost } from "../host/throwaway/throwaway.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import { describeSize } from "../value/size.ts";

export type LargeFile = { path: string; bytes: number };

/**
 * Files that hold more than may be written on the copy: the first byte that is written to one would have all of it copied. Looks at the
 * directories that the application writes to, in this file system only, and no longer than `patience`: a rehearsal must not wait for it.
 */
export async function findLargeFiles(
  directories: readonly string[],
  bound: number,
  patience = 500,
): Promise<LargeFile[]> {
  const until = performance.now() + patience;
  const large: LargeFile[] = [];
  const visit = async (path: string, device: number | null): Promise<void> => {
    if (performance.now() > until) return;
    const stat = await lstat(path).catch(() => null);
    if (stat === null) return;
    // What it holds, which is less than its length for a file with holes: only that is copied.
    if (stat.isFile() && stat.blocks * 512 > bound) large.push({ path, bytes: stat.blocks * 512 });
    // Of a file an overlay tells the device below it.
    if (!stat.isDirectory() || (device !== null && stat.dev !== device)) return;
    const entries = await opendir(path).catch(() => null);
    if (entries === null) return;
    for await (const entry of entries) {
      if (entry.isDirectory() || entry.isFile()) await visit(join(path, entry.name), stat.dev);
      if (performance.now() > until) return;
    }
  };
  for (const directory of directories) await visit(directory, null);
  return large.toSorted((a, b) => b.bytes - a.bytes);
}

/** What is known of the space on a copy, and why an application that works on the machine may have found none. */
export type Space = { notes: readonly string[]; explain(): Promise<Diagnostic[]> };

/** Compares what the application has with what the copy can take. `empty`: directories that are left out, and not looked at. */
export async function lookForSpace(
  host: ThrowawayHost,
  directories: readonly string[],
  empty: readonly string[],
): Promise<Space> {
  const bound = host.files ?? Infinity;
  const isShown = (path: string): boolean =>
    !empty.some((left) => path === left || path.startsWith(`${left}/`));
  const large = (await findLargeFiles(directories.filter(isShown), bound)).filter(({ path }) =>
    isShown(path),
  );
  return {
    notes: large.map(
      ({ path, bytes }) =>
        `${path} can be read and not written: it holds ${describeSize(bytes)}, and all that is written there is bounded to ${describeSize(bound)}`,
    ),
    explain: async () => [
      ...large.slice(0, 3).map((file) => tooLarge(file, bound)),
      ...(await full(host, bound)),
    ],
  };
}

function tooLarge({ path, bytes }: LargeFile, bound: number): Diagnostic {
  return {
    severity: "error",
    code: "rehearse/too-large",
    summary: `Cannot write to ${path} on the copy: that needs ${describeSize(bytes)}, and the copy is bounded to ${describeSize(bound)}`,
    detail: "the first byte that is written to a file of the machine has all of it copied, into memory",
    fix: `leave it out (--empty ${dirname(path)}), or allow more where there is the memory (--size ${Math.ceil((bytes + bound / 2) / 1024 ** 3)}G)`,
  };
}

/** Set when next to nothing is left of what may be written. */
async function full(host: ThrowawayHost, bound: number): Promise<Diagnostic[]> {
  const { stdout } = await host.run(["stat", "--file-system", "--format=%a %b", "/"]);
  const [free = 1, all = 1] = stdout.trim().split(" ").map(Number);
  if (free > all / 50) return [];
  return [
    {
      severity: "error",
      code: "rehearse/copy-full",
      summary: `The copy is full: all that is written there is bounded to ${describeSize(bound)}`,
      detail: "its files are in memory",
      fix: "allow more (--size 8G), or leave directories out that are copied (--empty DIRECTORY)",
    },
  ];
}
