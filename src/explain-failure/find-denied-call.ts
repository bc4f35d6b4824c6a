import { basename } from "node:path";
import type { Host, Properties } from "../host/host.ts";
import { numberOf } from "../host/properties.ts";
import { groupOf, parseDenied, type DeniedCall } from "./denied-call.ts";
import type { FailedCommand } from "./failed-command.ts";
import type { FoundCall } from "./failure-facts.ts";

/** The kernel writes its line in the moment of the kill; systemd reaps the process a little later. Milliseconds. */
const window = 3000;

/** Which system call the kernel ended the main process for, from its buffer, or from the journal when that has turned over. */
export async function findDeniedCall(
  host: Host,
  properties: Properties,
  { argv }: FailedCommand,
): Promise<FoundCall> {
  const exit = numberOf(properties, "ExecMainExitTimestamp") / 1000;
  const lines = await kernelLines(host, exit);
  if (lines === null) return "unknown";
  const near = lines
    .flatMap((line) => parseDenied(line) ?? [])
    .filter(({ at }) => at === null || exit === 0 || Math.abs(at - exit) <= window);
  // Another service may have been ended in the same moment: the program tells them apart, where it is no script.
  const [path = ""] = argv;
  const real = (await host.files.realPath(path)) ?? path;
  // A script is known by its own name: the program is its interpreter. The kernel keeps 15 characters.
  const own = basename(path).slice(0, 15);
  const isMain = ({ program, process }: DeniedCall): boolean => program === real || process === own;
  const call = near.findLast(isMain) ?? near.at(-1);
  if (!call) return null;
  if (isMain(call)) call.process = "";
  if (call.name === null) return call;
  const groups = await host.run(["systemd-analyze", "--no-pager", "syscall-filter"]);
  return { ...call, group: groups.status === 0 ? groupOf(call.name, groups.stdout) : null };
}

async function kernelLines(host: Host, exit: number): Promise<string[] | null> {
  const buffer = await host.run(["dmesg"]);
  const fresh = buffer.status === 0 ? buffer.stdout.split("\n").filter(isAudit) : [];
  if (fresh.length > 0) return fresh;
  const since = exit === 0 ? [] : [`--since=@${Math.floor((exit - window) / 1000)}`];
  const match = ["_TRANSPORT=kernel", "+", "_TRANSPORT=audit"];
  const journal = await host.run([
    "journalctl",
    "--quiet",
    "--output=cat",
    "--lines=2000",
    ...since,
    ...match,
  ]);
  const kept = journal.status === 0 ? journal.stdout.split("\n").filter(isAudit) : [];
  if (kept.length > 0) return kept;
  const readable = (buffer.status === 0 && buffer.stdout !== "") || journal.stdout !== "";
  return readable ? [] : null;
}

function isAudit(line: string): boolean {
  return /type=1326|SECCOMP/.test(line);
}
