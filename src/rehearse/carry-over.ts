import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { ThrowawayHost } from "../host/throwaway/throwaway.ts";
import { HoldfastError } from "../report/diagnostic.ts";

/**
 * Copies directories of this machine onto a host whose tree is another one, with owners and modes. By tar on both sides: a link in
 * that tree must not lead a copy to a place of this machine.
 */
export async function carryOver(host: ThrowawayHost, paths: readonly string[]): Promise<void> {
  const there = paths.filter((path) => existsSync(path)).map((path) => path.replace(/^\/+/, ""));
  if (there.length === 0) return;
  const pack = spawn("tar", ["-C", "/", "--create", "--one-file-system", "--", ...there], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const unpack = await host.spawn(["tar", "-C", "/", "--extract", "--same-owner"]);
  let said = "";
  unpack.stderr!.setEncoding("utf8").on("data", (text: string) => (said += text));
  unpack.stdout!.resume();
  // What is not taken is told by the end of the program that should have taken it.
  unpack.stdin!.on("error", () => {});
  pack.stdout.pipe(unpack.stdin!);
  const [[packed], [unpacked]] = await Promise.all([once(pack, "close"), once(unpack, "close")]);
  if (packed === 0 && unpacked === 0) return;
  throw new HoldfastError({
    severity: "error",
    code: "rehearse/cannot-carry-over",
    summary: `Cannot copy ${paths.join(", ")} onto the other tree`,
    detail: said.trim() || `tar ended with ${String(packed)} and ${String(unpacked)}`,
    fix: "does it have room, and tar?",
  });
}
