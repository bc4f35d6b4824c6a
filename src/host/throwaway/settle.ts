import type { RunResult } from "../host.ts";
import { until } from "./until.ts";

/** A boot as it can be watched from outside. */
export type Watched = {
  timeout: number;
  isGone(): boolean;
  exists(path: string): Promise<boolean>;
  run(argv: readonly string[]): Promise<RunResult>;
};

export type Settled = {
  state: string;
  failed: readonly string[];
  /** Why this is no usable host, and what can be seen of it; empty when it is one. */
  trouble: string;
  evidence: string;
};

/**
 * Waits until a boot is "running" or "degraded". Asked again and again through systemd's private socket:
 * `is-system-running --wait` needs the system bus, and once in a while never returns when it connects during the boot.
 */
export async function settle(boot: Watched): Promise<Settled> {
  await until(() => boot.isGone() || boot.exists("/run/systemd/private"), boot.timeout);
  let last: RunResult | undefined;
  const ask = async (): Promise<boolean> => {
    last = await boot.run(["systemctl", "is-system-running"]);
    return isAnswer(last.stdout.trim());
  };
  await until(() => boot.isGone() || ask(), boot.timeout, 20);
  const state = last?.stdout.trim() ?? "";
  if (boot.isGone()) return { state, failed: [], trouble: "its init ended", evidence: "" };
  if (state === "running") return { state, failed: [], trouble: "", evidence: "" };
  if (state === "degraded") return { state, failed: await failedUnits(boot), trouble: "", evidence: "" };
  const trouble = `it is ${JSON.stringify(state)} after ${boot.timeout} ms`;
  return { state, failed: [], trouble, evidence: await pendingJobs(boot) };
}

/** What systemctl(1) says of a systemd that does not answer yet, or no longer, is not an answer. */
function isAnswer(state: string): boolean {
  return !["", "unknown", "offline", "initializing", "starting"].includes(state);
}

async function failedUnits(boot: Watched): Promise<string[]> {
  const { stdout } = await boot.run(["systemctl", "list-units", "--failed", "--plain", "--no-legend"]);
  return stdout.split("\n").flatMap((line) => line.split(" ")[0] || []);
}

async function pendingJobs(boot: Watched): Promise<string> {
  const jobs = await boot.run(["systemctl", "list-jobs", "--no-legend", "--no-pager"]);
  const journal = await boot.run(["journalctl", "-b", "-n", "40", "--no-pager", "-o", "cat"]);
  return `${jobs.stdout}${jobs.stderr}\n${journal.stdout}`;
}
