import type { Directive } from "../compile/artifact.ts";
import { formatIni } from "../compile/artifact.ts";
import { directivesFor } from "../apply/runtime-unit.ts";
import { sandboxKeys } from "../observe/checks/sandbox.ts";
import type { Setting } from "./candidates.ts";
import { watchedCalls } from "./trace.ts";

export type TryOptions = {
  /** All that the service's own unit says. */
  directives: readonly Directive[];
  /** What shuts it in, instead of what its unit says. */
  settings: readonly Setting[];
  /** Where its output goes. */
  output: string;
  /** Where strace(1) writes to; null runs the program alone. */
  trace: string | null;
  /** Calls to watch besides those that always are. */
  calls: readonly string[];
  /** Kills it at the stop instead of asking, where asking takes long. */
  kills: boolean;
};

/** What says how often the service is started, who is told, and where its log goes: a run for trying is one run. */
const notForOneRun =
  /^(Restart|OnFailure|StartLimit|Assert|LogNamespace|Standard|SyslogIdentifier|Description|Documentation|WantedBy)/;

/** The unit of one run of a service: everything as it is declared, but for the sandbox. Pure. */
export function tryUnit(options: TryOptions): string {
  const rule = "run once to see what it needs";
  const [inUnit, inService] = [directivesFor("Unit", rule), directivesFor("Service", rule)];
  const kept = options.directives.filter(
    ({ section, key, value }) =>
      section !== "Install" &&
      !notForOneRun.test(key) &&
      !sandboxKeys.has(key) &&
      !(section === "Unit" && value.startsWith("systemd-journald@")) &&
      !(options.kills && (key === "KillSignal" || key === "TimeoutStopSec")),
  );
  return formatIni(
    ["# Written by Holdfast for one run; removed after it."],
    ["Unit", "Service"],
    [
      inUnit("StartLimitIntervalSec", "0"),
      ...kept.map((one) => (one.key === "ExecStart" ? { ...one, value: traced(one.value, options) } : one)),
      inService("Restart", "no"),
      inService("StandardOutput", `append:${options.output}`),
      inService("StandardError", `append:${options.output}`),
      ...(options.kills ? [inService("KillSignal", "SIGKILL"), inService("TimeoutStopSec", "5s")] : []),
      ...options.settings.map(([key, value]) => inService(key, value)),
    ],
  );
}

/** With -D the tracer is the grandchild: the program keeps the process that systemd knows, and may speak sd_notify. */
function traced(command: string, { trace, calls }: TryOptions): string {
  if (trace === null) return command;
  const names = [...watchedCalls, ...calls].map((name) => `?${name}`).join(",");
  const words = ["-D", "-f", "-qq", "--seccomp-bpf", "-y", "-s", "256", "-e", `trace=${names}`, "-o", trace];
  return `/usr/bin/strace ${words.join(" ")} ${command}`;
}
