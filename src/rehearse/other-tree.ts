import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import { missingForThrowaway } from "../host/throwaway/machine.ts";
import type { ThrowawayHost } from "../host/throwaway/throwaway.ts";
import { HoldfastError } from "../report/diagnostic.ts";

/** Before minutes go into the rehearsal on the first tree: whether the other one can boot at all. */
export function assertTree(tree: string): void {
  const missing = missingForThrowaway(tree);
  if (missing.length > 0) throw new HoldfastError(missing);
}

/**
 * What another tree has to show of this machine so that holdfast runs there: its own directory, and the Node that came with it,
 * which a package manager may have put beside it.
 */
export function runsWith(checkout: string, node = process.execPath): string[] {
  const bundled = dirname(dirname(realpathSync(node)));
  return /\/node-linux-[^/]+$/.test(bundled) && !bundled.startsWith(`${checkout}/`)
    ? [checkout, bundled]
    : [checkout];
}

/** A tree that debootstrap has just made often lacks what Node is linked against; nothing else would say so. */
export async function assertHoldfastRuns(host: ThrowawayHost, holdfast: string, tree: string): Promise<void> {
  const { status, stderr } = await host.run([holdfast, "--version"]);
  if (status === 0) return;
  throw new HoldfastError({
    severity: "error",
    code: "rehearse/cannot-run-there",
    summary: `Cannot rehearse on ${tree}: holdfast does not run there`,
    detail: stderr.trim(),
    fix: `chroot ${tree} apt-get install --yes libatomic1`,
  });
}
