import { numberOf, textOf } from "../../host/properties.ts";
import { check, type Check, type CheckInput } from "../check.ts";
import { readUnitCgroup } from "../unit-cgroup.ts";
import { fixFor, listDifferences } from "./compared.ts";

export const limitKeys: readonly string[] = [
  "MemoryMax",
  "MemoryHigh",
  "MemorySwapMax",
  "CPUQuota",
  "TasksMax",
  "LimitNOFILE",
  "CPUWeight",
  "IOWeight",
  "Nice",
];

/** Limits as systemd has them, as the process has them, and whether the kernel has the means to keep them. */
export async function checkLimits(input: CheckInput): Promise<Check | null> {
  const declared = input.artifact.directives.filter((d) => limitKeys.includes(d.key));
  if (declared.length === 0) return null;
  const promise = `limits: ${declared.map((d) => `${d.key} ${d.value}`).join(", ")}`;
  const differences = listDifferences(input, (key) => limitKeys.includes(key));
  if (differences.length > 0)
    return check(input, "limits", promise, "failed", differences.join("; "), fixFor(input));
  const files = await checkOpenFiles(input, promise);
  if (files) return files;
  const cgroup = await readUnitCgroup(input.host, textOf(input.properties, "ControlGroup"));
  const lacking = declared.filter((d) => !cgroup.canEnforce(d.key)).map((d) => d.key);
  if (lacking.length === 0) return check(input, "limits", promise, "ok", "in force");
  return check(
    input,
    "limits",
    promise,
    "warning",
    cgroup.version === 1
      ? `${lacking.join(", ")} cannot be enforced: this host runs cgroup v1`
      : `${lacking.join(", ")} cannot be enforced: the kernel lacks the controller`,
    cgroup.version === 1
      ? "boot with the unified hierarchy (systemd.unified_cgroup_hierarchy=1)"
      : "turn the controller on, on a Raspberry Pi with cgroup_enable=memory on the kernel command line",
  );
}

/** Where systemd itself may not have as many, it quietly gives what it can (setrlimit(2), CAP_SYS_RESOURCE). */
async function checkOpenFiles(input: CheckInput, promise: string): Promise<Check | null> {
  const declared = Number(input.artifact.directives.find((d) => d.key === "LimitNOFILE")?.value ?? 0);
  const pid = numberOf(input.properties, "MainPID");
  if (declared === 0 || pid === 0) return null;
  const own = await readOpenFiles(input, String(pid));
  if (own === null || own >= declared) return null;
  const most = await readOpenFiles(input, "1");
  const host = most !== null && most < declared;
  return check(
    input,
    "limits",
    promise,
    "failed",
    `the process may open ${own} files, not ${declared}${host ? ": this host gives no service more" : ""}`,
    host
      ? "lower limits.files, or raise the host's own limit (fs.nr_open, or the container's)"
      : "holdfast restart",
  );
}

/** The soft limit of a process, which is what it runs into; the hard one of systemd itself, which it cannot pass. */
async function readOpenFiles({ host }: CheckInput, pid: string): Promise<number | null> {
  const limits = await host.files.read(`/proc/${pid}/limits`).catch(() => null);
  const [, soft, hard] = /^Max open files +(\S+) +(\S+)/m.exec(limits ?? "") ?? [];
  const value = pid === "1" ? hard : soft;
  return value === undefined ? null : value === "unlimited" ? Infinity : Number(value);
}
